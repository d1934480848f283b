package stream

import (
	"encoding/binary"
	"math/bits"
)

// The quick pass checks a detection that is in the window from end to end, and
// notes where the fields of interest lie on the way. Where it stands in the
// grammar is where it stands in the code, which makes it several times as fast
// as the scanner; but it can't stop in the middle and go on later, and it
// doesn't say what is wrong. Whatever it does not settle, because it is cut or
// because it is not JSON, is the scanner's.
//
// All of its functions take the place to begin at, and return the place behind
// what they checked, or unsettled.

// unsettled is no place to end at: nothing ends where the window begins.
const unsettled = 0

// A level is where in a detection an object is, as far as fields of it matter.
type level uint8

const (
	anywhere level = iota
	ofDetection
	ofRule // the first object of the detection's member "detection"
)

// quickDetection checks the object that data begins with.
func quickDetection(data []byte, fields *fieldSpans) (end int) {
	*fields = fieldSpans{}
	if len(data) == 0 || data[0] != '{' {
		return unsettled
	}
	return quickObject(data, 1, 1, ofDetection, fields)
}

// quickObject begins behind the opening brace. depth is how many arrays and
// objects are open, this one included.
func quickObject(data []byte, i, depth int, at level, fields *fieldSpans) int {
	if depth > maxDepth {
		return unsettled
	}
	if i = quickSpace(data, i); i < len(data) && data[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(data) || data[i] != '"' {
			return unsettled
		}
		key := i
		if i = quickString(data, i+1); i == unsettled {
			return unsettled
		}
		found := noField
		if at != anywhere {
			found = fieldOf(data[key:i], at)
		}
		if i = quickSpace(data, i); i >= len(data) || data[i] != ':' {
			return unsettled
		}
		i = quickSpace(data, i+1)
		value, inside := i, anywhere
		if found == fieldDetection {
			inside = ofRule
			fields.forgetRule()
		}
		if i = quickValue(data, i, depth, inside, fields); i == unsettled {
			return unsettled
		}
		if found != noField {
			fields[found] = span{uint32(value), uint32(i)} //nolint:gosec // A window is far smaller than 4 GB.
		}
		var more bool
		if i, more = quickComma(data, i, '}'); !more {
			return i
		}
	}
}

// quickArray begins behind the opening bracket. at is the level of its first
// item, where that is an object.
func quickArray(data []byte, i, depth int, at level, fields *fieldSpans) int {
	if depth > maxDepth {
		return unsettled
	}
	if i = quickSpace(data, i); i < len(data) && data[i] == ']' {
		return i + 1
	}
	for ; ; at = anywhere {
		if at == ofRule && i < len(data) && data[i] == '{' {
			i = quickObject(data, i+1, depth+1, at, fields)
		} else {
			i = quickValue(data, i, depth, anywhere, fields)
		}
		if i == unsettled {
			return unsettled
		}
		var more bool
		if i, more = quickComma(data, i, ']'); !more {
			return i
		}
		if at == ofRule {
			fields[fieldMoreRules] = span{start: uint32(i)} //nolint:gosec // A window is far smaller than 4 GB.
		}
	}
}

// quickValue checks any value. at is the level of the first item, where the
// value is an array.
func quickValue(data []byte, i, depth int, at level, fields *fieldSpans) int {
	if i >= len(data) {
		return unsettled
	}
	switch data[i] {
	case '"':
		return quickString(data, i+1)
	case '{':
		return quickObject(data, i+1, depth+1, anywhere, fields)
	case '[':
		return quickArray(data, i+1, depth+1, at, fields)
	case 't':
		return quickLiteral(data, i, "true")
	case 'f':
		return quickLiteral(data, i, "false")
	case 'n':
		return quickLiteral(data, i, "null")
	}
	return quickNumber(data, i)
}

// quickString begins behind the opening quote.
//
// Most of a detection is text, so this is where the time goes: eight bytes are
// looked at together, as in scanString.
func quickString(data []byte, i int) int {
	for {
		for len(data)-i >= 8 {
			stops := textStops(binary.LittleEndian.Uint64(data[i:]))
			if stops != 0 {
				i += bits.TrailingZeros64(stops) / 8
				break
			}
			i += 8
		}
		if i >= len(data) {
			return unsettled
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			n, whole, err := scanEscape(data[i:])
			if err != nil || !whole {
				return unsettled
			}
			i += n
		case c < 0x20:
			return unsettled
		default:
			i++
		}
	}
}

func quickLiteral(data []byte, i int, word string) int {
	if end := i + len(word); end <= len(data) && string(data[i:end]) == word {
		return end
	}
	return unsettled
}

// quickNumber needs a byte behind the number, without which there might be more
// of it.
func quickNumber(data []byte, i int) int {
	if i < len(data) && data[i] == '-' {
		i++
	}
	switch first := i; {
	case i < len(data) && data[i] == '0':
		i++
	default:
		if i = quickDigits(data, i); i == first {
			return unsettled
		}
	}
	if i < len(data) && data[i] == '.' {
		first := i + 1
		if i = quickDigits(data, first); i == first {
			return unsettled
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		first := i
		if i = quickDigits(data, first); i == first {
			return unsettled
		}
	}
	if i >= len(data) {
		return unsettled
	}
	return i
}

func quickDigits(data []byte, i int) int {
	for i < len(data) && '0' <= data[i] && data[i] <= '9' {
		i++
	}
	return i
}

// quickComma stops behind a comma and the white space around it, where there is
// more, or behind the closing bracket.
func quickComma(data []byte, i int, closing byte) (next int, more bool) {
	if i = quickSpace(data, i); i >= len(data) {
		return unsettled, false
	}
	switch data[i] {
	case ',':
		return quickSpace(data, i+1), true
	case closing:
		return i + 1, false
	}
	return unsettled, false
}

// quickSpace is the place of the next byte that is no white space, if there is
// one.
func quickSpace(data []byte, i int) int {
	for i < len(data) && isSpace(data[i]) {
		i++
	}
	return i
}
