package formats

import (
	"encoding/json"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// A Path is where something is: the names on the way to it, numbers in lists.
type Path []step

type step struct {
	name  string
	index int // of an item of a list, or -1
}

// ParsePath reads a path as it is written in mappings, with dots between the names.
func ParsePath(text string) (path Path) {
	for name := range strings.SplitSeq(text, ".") {
		index, err := strconv.Atoi(name)
		if err != nil {
			index = -1
		}
		path = append(path, step{name, index})
	}
	return path
}

// First is what is at the first of the paths that has something, else null. A text of
// nothing is nothing.
func First(of any, paths []Path) any {
	for _, path := range paths {
		if v := path.in(of); v != nil && v != "" {
			return v
		}
	}
	return nil
}

func (p Path) in(v any) any {
	for _, step := range p {
		switch of := v.(type) {
		case map[string]any:
			v = of[step.name]
		case []any:
			if step.index < 0 || step.index >= len(of) {
				return nil
			}
			v = of[step.index]
		default:
			return nil
		}
	}
	return v
}

// Base is the end of a file's path, behind the last slash or backslash.
func Base(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// Hex is a text of so many hexadecimal digits, or null.
func Hex(v any, digits int64) any {
	text, _ := v.(string)
	if int64(len(text)) != digits {
		return nil
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return nil
		}
	}
	return v
}

// Labels are the values of the labels with a key, in any case, as texts. A label is an
// object with a key and a value, as UDM has them.
func Labels(labels any, key string) []any {
	values := []any{}
	for _, item := range List(labels) {
		label, _ := item.(map[string]any)
		if name, isText := label["key"].(string); isText && strings.EqualFold(name, key) && !Empty(label["value"], nil) {
			values = append(values, Text(label["value"]))
		}
	}
	return values
}

// Text is a value as a text, or null for null. What is no text becomes its JSON.
func Text(v any) any {
	switch of := v.(type) {
	case nil, string:
		return of
	case json.Number:
		return string(of)
	case []byte:
		return string(of)
	}
	w := writers.Get().(*writer)
	defer w.done()
	w.whole, w.depth = true, deepest
	w.value(v)
	return string(w.text)
}

// List is a value as a list: what is no list is one of its own, null is an empty one.
func List(v any) []any {
	switch of := v.(type) {
	case nil:
		return []any{}
	case []any:
		return of
	}
	return []any{v}
}

// Texts are the items of a value as a list, each as a text, without null and texts of
// nothing.
func Texts(v any) []any {
	list := List(v)
	texts := make([]any, 0, len(list))
	for _, item := range list {
		if text := Text(item); text != nil && text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// Integer is a number that is whole and within the limits, also one that is written
// as a text. Anything else is null.
func Integer(v any, least, most int64) any {
	var n int64
	switch of := v.(type) {
	case int64:
		n = of
	case json.Number, string:
		var ok bool
		if n, ok = integerOf(Text(of).(string)); !ok {
			return nil
		}
	case float64:
		var ok bool
		if n, ok = wholeOf(of); !ok {
			return nil
		}
	default:
		return nil
	}
	if n < least || n > most {
		return nil
	}
	return n
}

func integerOf(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	return wholeOf(f)
}

func wholeOf(f float64) (n int64, ok bool) {
	if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 { // NaN isn't itself, Inf is beyond
		return 0, false
	}
	return int64(f), true
}

// Addresses are those of a text or of a list of them that are addresses, as texts. One
// with a zone is none: no schema takes it.
func Addresses(v any) []any {
	list := List(v)
	addresses := make([]any, 0, len(list))
	for _, item := range list {
		text, _ := item.(string)
		if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
			addresses = append(addresses, item)
		}
	}
	return addresses
}
