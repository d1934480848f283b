package interpolation

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// besideComma matches a comma of a list with the spaces that people put beside it.
var besideComma = regexp.MustCompile(`[ \t]*,[ \t]*`)

// Write returns how value has to be written in the place so that it arrives as it
// is. In a list's element, which may hold a list of its own, spaces beside commas
// are dropped. The error says why it can't be written there, and shows no part of it.
func (p Place) Write(value string) (string, error) {
	if !utf8.ValidString(value) {
		return "", errNotText
	}
	if p.item {
		value = besideComma.ReplaceAllString(value, ",")
	}
	switch p.inner {
	case `"`:
		value = escape(value)
	case `"""`:
		if strings.Contains(value, `"""`) || strings.HasSuffix(value, `"`) {
			return "", errTriple
		}
	}
	switch p.quotes {
	case single:
		return writeSingle(value)
	case double:
		return verified(`"`+escape(value)+`"`, escape(value), value, errDouble)
	case block:
		if strings.IndexFunc(value, func(r rune) bool { return r != '\t' && !printable(r) }) >= 0 {
			return "", errBlock
		}
		return value, nil
	case plain:
		return p.writePlain(value)
	case comment:
		return strings.Map(func(r rune) rune {
			if !printable(r) {
				return ' '
			}
			return r
		}, value), nil
	}
	return value, nil
}

// printable tells whether a character can stand in YAML as it is and is no break of
// a line.
func printable(r rune) bool {
	return !unicode.IsControl(r) && r != '\u2028' && r != '\u2029' && r != '\ufeff'
}

// escape writes a value for double quotes, of which YAML, JSON and Bloblang have
// these escapes in common.
func escape(value string) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	// A string always has a JSON.
	_ = encoder.Encode(value)
	quoted := strings.TrimSuffix(text.String(), "\n")
	var out strings.Builder
	for _, r := range quoted[1 : len(quoted)-1] {
		// JSON takes these as they are, YAML does not.
		if !printable(r) && r < 0x10000 {
			out.WriteString(`\u` + hex4(r))
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

func hex4(r rune) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15]})
}

var lineBreaks = regexp.MustCompile(`\n+`)

// writeSingle writes a value for single quotes, where a quote is doubled and there
// are no other escapes. Breaks of lines are folded there: one more of them stands
// for the value's own. Benthos writes a line feed as two characters, \ and n, so the
// breaks are carriage returns, which YAML takes as well.
func writeSingle(value string) (string, error) {
	if strings.ContainsRune(value, '\r') {
		return "", errSingle
	}
	written := lineBreaks.ReplaceAllStringFunc(strings.ReplaceAll(value, "'", "''"), func(breaks string) string {
		return strings.Repeat("\r", len(breaks)+1)
	})
	return verified("'"+written+"'", written, value, errSingle)
}

// verified returns what was written if YAML reads the scalar as the value, and
// otherwise the error given, which shows no value as YAML's would.
func verified(scalar, written, value string, otherwise error) (string, error) {
	var read []string
	if err := yaml.Unmarshal([]byte("- "+scalar), &read); err != nil || len(read) != 1 || read[0] != value {
		return "", otherwise
	}
	return written, nil
}

// writePlain writes a value where no quotes are. If it is all of a scalar it may be
// of any type, a list included, and gets quotes of its own where it would be read
// as something else than it is.
func (p Place) writePlain(value string) (string, error) {
	if p.scalar != p.mark {
		if !p.readsAs(strings.Replace(p.scalar, p.mark, value, 1)) {
			return "", errUnquoted
		}
		return value, nil
	}
	if p.readsAs(value) {
		return value, nil
	}
	quoted := `"` + escape(value) + `"`
	return verified(quoted, quoted, value, errUnquoted)
}

// readsAs tells whether YAML reads the text, where no quotes are, as itself, or as
// a list or an object that it is.
func (p Place) readsAs(text string) bool {
	if strings.ContainsAny(text, "\r\n") {
		return false
	}
	around := "k: " + text
	if p.flow {
		around = "k: [ " + text + " ]"
	}
	var read struct{ K yaml.Node }
	if yaml.Unmarshal([]byte(around), &read) != nil {
		return false
	}
	elements := []*yaml.Node{&read.K}
	if p.flow {
		elements = read.K.Content
	}
	switch {
	case len(elements) != 1:
		// A list within a list's brackets.
		return p.flow && p.scalar == p.mark && len(elements) > 1
	case elements[0].Kind == yaml.ScalarNode:
		return elements[0].Style == 0 && elements[0].Value == text && elements[0].Anchor == "" && elements[0].LineComment == ""
	case elements[0].Kind == yaml.SequenceNode:
		return p.scalar == p.mark
	default:
		// {x} is an object as well, but rather meant as a text.
		return p.scalar == p.mark && elements[0].Style&yaml.FlowStyle != 0 && strings.Contains(text, ": ")
	}
}
