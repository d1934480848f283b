package stream

import "fmt"

// literal takes true, false or null whole: where it is cut, nothing is consumed.
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
	s.endValue()
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
