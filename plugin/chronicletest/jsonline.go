package chronicletest

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonLine builds JSON text on one line, comma by comma, without the detour of
// maps: a backlog for a measurement has tens of thousands of detections.
type jsonLine struct {
	text []byte
	// ascii writes whatever isn't ASCII as \u escapes.
	ascii bool
}

// member begins an object's member, or an array's value if key is "".
func (l *jsonLine) member(key string) {
	if n := len(l.text); n > 0 && l.text[n-1] != '{' && l.text[n-1] != '[' {
		l.text = append(l.text, ',')
	}
	if key != "" {
		l.quote(key)
		l.text = append(l.text, ':')
	}
}

// open begins an object or an array, whose bracket that is.
func (l *jsonLine) open(key string, bracket byte) {
	l.member(key)
	l.text = append(l.text, bracket)
}

// shut ends objects and arrays, innermost first.
func (l *jsonLine) shut(brackets string) { l.text = append(l.text, brackets...) }

func (l *jsonLine) str(key, s string) {
	l.member(key)
	l.quote(s)
}

func (l *jsonLine) num(key string, n int) {
	l.member(key)
	l.text = strconv.AppendInt(l.text, int64(n), 10)
}

// quote appends s as a JSON string. What may stand as it is does so, < and >
// and & included: clients must not depend on their being escaped.
func (l *jsonLine) quote(s string) {
	l.text = append(l.text, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			l.text = append(l.text, '\\', byte(r))
		case r == '\n':
			l.text = append(l.text, `\n`...)
		case r == '\r':
			l.text = append(l.text, `\r`...)
		case r == '\t':
			l.text = append(l.text, `\t`...)
		case r < ' ' || r >= utf8.RuneSelf && l.ascii:
			l.escape(r)
		default:
			l.text = utf8.AppendRune(l.text, r)
		}
	}
	l.text = append(l.text, '"')
}

// escape appends \u escapes, two of them for what lies beyond 16 bits.
func (l *jsonLine) escape(r rune) {
	const digits = "0123456789abcdef"
	for _, unit := range utf16.Encode([]rune{r}) {
		l.text = append(l.text, '\\', 'u',
			digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
	}
}
