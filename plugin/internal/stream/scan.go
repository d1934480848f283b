package stream

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// maxDepth is how deeply arrays and objects may be nested, as in encoding/json.
const maxDepth = 10000

// A scanner finds the end of one JSON value and checks it on the way. It can be
// stopped at any byte and goes on where it was when more bytes have come.
//
// It accepts what encoding/json accepts, invalid UTF-8 inside strings included:
// what a detection says is its reader's concern, where it ends is ours.
//
// One scan also notes the members of the value where it is an object, so that
// nothing has to be read twice to find a detection's fields.
type scanner struct {
	pos     int // bytes of the value that were scanned
	state   scanState
	nesting []byte // '{' or '[' for each that is open
	members []member
	open    member // the member being scanned
}

// A member is where a key (in its quotes) and its value lie in an object.
type member struct{ keyStart, keyEnd, valueStart, valueEnd int }

type scanState uint8

const (
	wantValue scanState = iota
	wantValueOrEnd
	wantKey
	wantKeyOrEnd
	wantColon
	wantCommaOrEnd
	inKey
	inString
	// What a number has shown of itself so far. Those after numberMayEnd are
	// numbers as they stand.
	afterMinus
	afterPoint
	afterExponent
	afterExponentSign
	numberMayEnd
	afterZero
	inInteger
	inFraction
	inExponentDigits
	scanned
)

func (s *scanner) reset() {
	s.pos = 0
	s.state = wantValue
	s.nesting = s.nesting[:0]
	s.members = s.members[:0]
}

// scan goes on with the value that begins at data[0], of which more may have
// come since the last call, and says whether the value is complete: then
// data[:s.pos] is it. A number is complete only when a byte behind it is seen.
// An error leaves s.pos at the offending byte.
func (s *scanner) scan(data []byte) (complete bool, err error) {
	s.pos, complete, err = s.scanFrom(data, s.pos)
	return complete, err
}

func (s *scanner) scanFrom(data []byte, i int) (next int, complete bool, err error) {
	for i < len(data) {
		c := data[i]
		switch s.state {
		case inString, inKey:
			var closed bool
			if i, closed, err = scanString(data, i); err != nil {
				return i, false, err
			}
			if !closed {
				return i, false, nil
			}
			if s.state == inString {
				s.endValue(i)
			} else {
				if len(s.nesting) == 1 {
					s.open.keyEnd = i
				}
				s.state = wantColon
			}
		case wantCommaOrEnd:
			i++
			switch {
			case c == ',' && s.nesting[len(s.nesting)-1] == '{':
				s.state = wantKey
			case c == ',':
				s.state = wantValue
			case c == '}' && s.nesting[len(s.nesting)-1] == '{', c == ']' && s.nesting[len(s.nesting)-1] == '[':
				s.endNesting(i)
			case !isSpace(c):
				i--
				return i, false, s.unexpected(c, "a comma or a closing bracket")
			}
		case wantKey, wantKeyOrEnd:
			switch {
			case c == '"':
				if len(s.nesting) == 1 {
					s.open.keyStart = i
				}
				s.state = inKey
				i++
			case c == '}' && s.state == wantKeyOrEnd:
				i++
				s.endNesting(i)
			case isSpace(c):
				i++
			default:
				return i, false, s.unexpected(c, "a key in quotes")
			}
		case wantColon:
			switch {
			case c == ':':
				s.state = wantValue
			case !isSpace(c):
				return i, false, s.unexpected(c, "a colon after the key")
			}
			i++
		case wantValue, wantValueOrEnd:
			if isSpace(c) {
				i++
				continue
			}
			var begun bool
			if i, begun, err = s.beginValue(data, i); err != nil || !begun {
				return i, false, err
			}
		case scanned:
			return i, true, nil
		default:
			used, err := s.scanNumber(c)
			if err != nil {
				return i, false, err
			}
			if !used {
				s.endValue(i)
				continue
			}
			i++
		}
		if s.state == scanned {
			return i, true, nil
		}
	}
	return i, false, nil
}

// beginValue looks at the first byte of a value. Literals are taken whole:
// where one is cut, begun is false and nothing was consumed.
func (s *scanner) beginValue(data []byte, i int) (next int, begun bool, err error) {
	first := s.state == wantValueOrEnd
	if len(s.nesting) == 1 {
		s.open.valueStart = i
	}
	switch c := data[i]; {
	case c == '"':
		s.state = inString
	case c == '{' || c == '[':
		if len(s.nesting) == maxDepth {
			return i, false, fmt.Errorf("nested more than %d levels deep", maxDepth)
		}
		s.nesting = append(s.nesting, c)
		s.state = wantKeyOrEnd
		if c == '[' {
			s.state = wantValueOrEnd
		}
	case c == '-':
		s.state = afterMinus
	case c == '0':
		s.state = afterZero
	case '1' <= c && c <= '9':
		s.state = inInteger
	case c == ']' && first:
		s.endNesting(i + 1)
	case c == 't':
		return s.literal(data, i, "true")
	case c == 'f':
		return s.literal(data, i, "false")
	case c == 'n':
		return s.literal(data, i, "null")
	default:
		return i, false, s.unexpected(c, "a value")
	}
	return i + 1, true, nil
}

func (s *scanner) literal(data []byte, i int, word string) (next int, whole bool, err error) {
	rest := data[i:]
	for j := range min(len(word), len(rest)) {
		if rest[j] != word[j] {
			return i, false, fmt.Errorf("unexpected %s, want %s", quote(rest[:j+1]), word)
		}
	}
	if len(rest) < len(word) {
		return i, false, nil
	}
	i += len(word)
	s.endValue(i)
	return i, true, nil
}

// scanNumber takes one more byte of a number, or says that the number ended
// before it.
func (s *scanner) scanNumber(c byte) (used bool, err error) {
	digit := '0' <= c && c <= '9'
	switch s.state {
	case afterMinus:
		switch {
		case c == '0':
			s.state = afterZero
			return true, nil
		case digit:
			s.state = inInteger
			return true, nil
		}
	case afterPoint:
		if digit {
			s.state = inFraction
			return true, nil
		}
	case afterExponent:
		if c == '+' || c == '-' {
			s.state = afterExponentSign
			return true, nil
		}
		fallthrough
	case afterExponentSign:
		if digit {
			s.state = inExponentDigits
			return true, nil
		}
	case inInteger, inFraction, inExponentDigits:
		if digit {
			return true, nil
		}
	}
	if s.state < numberMayEnd {
		return false, s.unexpected(c, "a digit")
	}
	switch {
	case c == '.' && (s.state == afterZero || s.state == inInteger):
		s.state = afterPoint
	case (c == 'e' || c == 'E') && s.state != inExponentDigits:
		s.state = afterExponent
	default:
		return false, nil
	}
	return true, nil
}

func (s *scanner) endNesting(end int) {
	s.nesting = s.nesting[:len(s.nesting)-1]
	s.endValue(end)
}

func (s *scanner) endValue(end int) {
	switch len(s.nesting) {
	case 0:
		s.state = scanned
		return
	case 1:
		if s.nesting[0] == '{' {
			s.open.valueEnd = end
			s.members = append(s.members, s.open)
		}
	}
	s.state = wantCommaOrEnd
}

func (*scanner) unexpected(c byte, want string) error {
	return fmt.Errorf("unexpected %q, want %s", rune(c), want)
}

const (
	eachByte  = 0x0101010101010101
	highBits  = 0x80 * eachByte
	quotes    = '"' * eachByte
	slashes   = '\\' * eachByte
	firstText = 0x20 * eachByte
)

// scanString goes on inside a string at data[i] and stops behind its closing
// quote, or at the last byte that can be judged without the next read.
//
// Most of a detection is text, so this is where the time goes: eight bytes are
// looked at together, and only a quote, a backslash or a control character,
// each found by the borrow that subtracting leaves in its high bit, is looked
// at alone.
func scanString(data []byte, i int) (next int, closed bool, err error) {
	for i < len(data) {
		if len(data)-i >= 8 {
			text := binary.LittleEndian.Uint64(data[i:])
			quote, slash := text^quotes, text^slashes
			stops := ((quote-eachByte)&^quote | (slash-eachByte)&^slash | (text-firstText)&^text) & highBits
			if stops == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(stops) / 8
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1, true, nil
		case c == '\\':
			n, whole, err := scanEscape(data[i:])
			if err != nil || !whole {
				return i, false, err
			}
			i += n
		case c < 0x20:
			return i, false, fmt.Errorf("unexpected control character %#02x inside a string", c)
		default:
			i++
		}
	}
	return i, false, nil
}

// scanEscape measures the escape sequence that data begins with.
func scanEscape(data []byte) (n int, whole bool, err error) {
	if len(data) < 2 {
		return 0, false, nil
	}
	switch data[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, true, nil
	case 'u':
		for j := 2; j < 6; j++ {
			if j == len(data) {
				return 0, false, nil
			}
			if c := data[j]; !isHex(c) {
				return 0, false, fmt.Errorf("unexpected %q in a \\u escape, want four hexadecimal digits", rune(c))
			}
		}
		return 6, true, nil
	}
	return 0, false, fmt.Errorf("unexpected %q after a backslash, want an escape sequence", rune(data[1]))
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t'
}
