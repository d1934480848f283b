package stream

import "fmt"

// maxDepth is how deeply arrays and objects may be nested, as in encoding/json.
const maxDepth = 10000

// A scanner finds the end of one JSON value and checks it on the way. It can be
// stopped at any byte and goes on where it was when more bytes have come.
//
// It accepts what encoding/json accepts, invalid UTF-8 inside strings included:
// what a detection says is its reader's concern, where it ends is ours.
type scanner struct {
	pos     int // bytes of the value that were scanned
	state   scanState
	nesting []byte // '{' or '[' for each that is open
}

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
				s.endValue()
			} else {
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
				s.endNesting()
			case !isSpace(c):
				i--
				return i, false, s.unexpected(c, "a comma or a closing bracket")
			}
		case wantKey, wantKeyOrEnd:
			switch {
			case c == '"':
				s.state = inKey
				i++
			case c == '}' && s.state == wantKeyOrEnd:
				i++
				s.endNesting()
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
				s.endValue()
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
		s.endNesting()
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

func (s *scanner) endNesting() {
	s.nesting = s.nesting[:len(s.nesting)-1]
	s.endValue()
}

func (s *scanner) endValue() {
	s.state = wantCommaOrEnd
	if len(s.nesting) == 0 {
		s.state = scanned
	}
}

func (*scanner) unexpected(c byte, want string) error {
	return fmt.Errorf("unexpected %q, want %s", rune(c), want)
}
