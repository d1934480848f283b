package chronicletest

import (
	"fmt"
	"time"
)

// pick is one of some choices, at random.
func pick[T any](g *Generator, choices []T) T { return choices[g.random.IntN(len(choices))] }

// uuid is a random UUID, RFC 9562 version 4.
func (g *Generator) uuid() string {
	high, low := g.random.Uint64(), g.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		high>>32, high>>16&0xffff, high&0xfff, low>>48&0x3fff|0x8000, low&0xffffffffffff)
}

// hex is n random hexadecimal digits.
func (g *Generator) hex(n int) string {
	const digits = "0123456789abcdef"
	text := make([]byte, n)
	for i := range text {
		text[i] = digits[g.random.IntN(len(digits))]
	}
	return string(text)
}

// rawLog appends n bytes that look like a log line and need no escaping, or
// nothing if n is less than 1.
func (g *Generator) rawLog(l *jsonLine, n int) {
	end := len(l.text) + n
	for len(l.text) < end {
		l.text = append(l.text, pick(g, logWords)...)
		l.text = append(l.text, ' ')
	}
	if n > 0 {
		l.text = l.text[:end]
	}
}

// keyValue appends a label, an outcome or a detection field.
func keyValue(l *jsonLine, key, value, source string) {
	l.open("", '{')
	l.str("key", key)
	l.str("value", value)
	if source != "" {
		l.str("source", source)
	}
	l.shut("}")
}

// stamp prints a time as Google does.
func stamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

// ruleType is what Google calls a rule over events of one kind, or of several.
func ruleType(kinds []int) string {
	if len(kinds) == 1 {
		return "SINGLE_EVENT"
	}
	return "MULTI_EVENT"
}
