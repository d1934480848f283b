package formats

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// JSON writes a document on one line, as encoding/json does without escaping HTML:
// members in the order of their names, and what is no UTF-8 replaced. It takes a third
// of the time, and writing was the largest part of making a document.
//
// What says nothing is left out, so that a mapping can name every member and need not
// ask whether there is something for it: null, a text of nothing, and objects and lists
// that have nothing else in them. The member whole is written with all that it has.
// Below a hundred objects and lists it goes on as a text: what reads JSON ends at some
// depth, Elasticsearch at 1,000.
func JSON(document any, whole string) []byte {
	w := writers.Get().(*writer)
	defer w.done()
	w.depth = levels - 1
	w.document(document, whole)
	return slices.Clone(w.text)
}

// Empty says whether there is nothing in a value but null, texts of nothing, and objects
// and lists of nothing else. Members of the object itself with the names don't count.
func Empty(v any, except []string) bool {
	switch of := v.(type) {
	case nil:
		return true
	case string:
		return of == ""
	case map[string]any:
		for name, member := range of {
			if !Empty(member, nil) && !slices.Contains(except, name) {
				return false
			}
		}
		return true
	case []any:
		return !slices.ContainsFunc(of, func(item any) bool { return !Empty(item, nil) })
	}
	return false
}

// A writer is used again, for its memory.
type writer struct {
	text    []byte
	members []member // of the objects that are being written
	whole   bool     // whether what says nothing is written too
	depth   int      // how many objects and lists may still begin
}

// levels is how deep a document may be; what becomes a text has no limit of its own.
const levels = 100

type member struct {
	name  string
	value any
}

var writers = sync.Pool{New: func() any { return new(writer) }}

// usual is how much memory is worth keeping: one detection of megabytes should not
// hold as many for as long as the program runs.
const usual = 1 << 16

func (w *writer) done() {
	if cap(w.text) > usual || cap(w.members) > usual/32 {
		return
	}
	clear(w.members[:cap(w.members)])
	w.text, w.members, w.whole = w.text[:0], w.members[:0], false
	writers.Put(w)
}

func (w *writer) document(v any, whole string) {
	of, isObject := v.(map[string]any)
	if !isObject {
		if !w.value(v) {
			w.text = append(w.text, "null"...)
		}
		return
	}
	if !w.object(of, whole) {
		w.text = append(w.text, "{}"...)
	}
}

// value writes a value. It says whether it did: what says nothing isn't written.
func (w *writer) value(v any) bool {
	switch of := v.(type) {
	case nil:
		if !w.whole {
			return false
		}
		w.text = append(w.text, "null"...)
	case string:
		if of == "" && !w.whole {
			return false
		}
		w.string(of)
	case map[string]any, []any:
		return w.nested(of)
	case json.Number:
		w.number(of)
	case int64:
		w.text = strconv.AppendInt(w.text, of, 10)
	case bool:
		w.text = strconv.AppendBool(w.text, of)
	case []byte:
		w.string(string(of))
	default:
		w.other(of)
	}
	return true
}

func (w *writer) nested(v any) (written bool) {
	if w.depth == 0 {
		text, _ := Text(v).(string)
		w.string(text)
		return true
	}
	w.depth--
	switch of := v.(type) {
	case map[string]any:
		written = w.object(of, "")
	case []any:
		written = w.list(of)
	}
	w.depth++
	return written
}

func (w *writer) object(of map[string]any, whole string) bool {
	begin, first := len(w.text), len(w.members)
	for name, value := range of {
		w.members = append(w.members, member{name, value})
	}
	count := len(w.members) - first
	sortMembers(w.members[first:])
	w.text = append(w.text, '{')
	written := false
	for i := range count {
		m := w.members[first+i] // a value may have moved them all
		before := len(w.text)
		if written {
			w.text = append(w.text, ',')
		}
		w.string(m.name)
		w.text = append(w.text, ':')
		was := w.whole
		w.whole = was || whole != "" && m.name == whole
		if w.value(m.value) {
			written = true
		} else {
			w.text = w.text[:before]
		}
		w.whole = was
	}
	w.members = w.members[:first]
	if !written && !w.whole {
		w.text = w.text[:begin]
		return false
	}
	w.text = append(w.text, '}')
	return true
}

// sortMembers puts members in the order of their names. Most objects have a few, for
// which this is faster than slices.SortFunc.
func sortMembers(members []member) {
	if len(members) > 16 {
		slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
		return
	}
	for i := 1; i < len(members); i++ {
		m, j := members[i], i
		for ; j > 0 && m.name < members[j-1].name; j-- {
			members[j] = members[j-1]
		}
		if j < i {
			members[j] = m
		}
	}
}

func (w *writer) list(of []any) bool {
	begin := len(w.text)
	w.text = append(w.text, '[')
	written := false
	for _, item := range of {
		before := len(w.text)
		if written {
			w.text = append(w.text, ',')
		}
		if w.value(item) {
			written = true
		} else {
			w.text = w.text[:before]
		}
	}
	if !written && !w.whole {
		w.text = w.text[:begin]
		return false
	}
	w.text = append(w.text, ']')
	return true
}

func (w *writer) number(n json.Number) {
	if !json.Valid([]byte(n)) {
		w.string(string(n))
		return
	}
	w.text = append(w.text, n...)
}

// other writes what a mapping seldom makes.
func (w *writer) other(v any) {
	if f, isFloat := v.(float64); isFloat && (math.IsNaN(f) || math.IsInf(f, 0)) {
		w.string(strconv.FormatFloat(f, 'g', -1, 64)) // which JSON has no number for
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		w.text = append(w.text, "null"...)
		return
	}
	w.text = append(w.text, text...)
}

const digits = "0123456789abcdef"

func (w *writer) string(s string) {
	w.text = append(w.text, '"')
	for s != "" {
		if n := plainPrefix(s); n > 0 {
			w.text = append(w.text, s[:n]...)
			if s = s[n:]; s == "" {
				break
			}
		}
		if c := s[0]; c < utf8.RuneSelf {
			w.escape(c)
			s = s[1:]
			continue
		}
		char, size := utf8.DecodeRuneInString(s)
		switch {
		case char == utf8.RuneError && size == 1:
			w.text = append(w.text, `\ufffd`...)
		case char == '\u2028', char == '\u2029': // ends of lines in JavaScript
			w.text = append(w.text, `\u202`...)
			w.text = append(w.text, digits[char&0xf])
		default:
			w.text = append(w.text, s[:size]...)
		}
		s = s[size:]
	}
	w.text = append(w.text, '"')
}

func (w *writer) escape(c byte) {
	switch c {
	case '"', '\\':
		w.text = append(w.text, '\\', c)
	case '\b':
		w.text = append(w.text, '\\', 'b')
	case '\f':
		w.text = append(w.text, '\\', 'f')
	case '\n':
		w.text = append(w.text, '\\', 'n')
	case '\r':
		w.text = append(w.text, '\\', 'r')
	case '\t':
		w.text = append(w.text, '\\', 't')
	default:
		w.text = append(w.text, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
	}
}
