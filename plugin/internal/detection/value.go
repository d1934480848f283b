package detection

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An object is a JSON object. Reading from a nil one finds nothing.
type object = map[string]any

// objects calls do with each object in v, which is one or a list of them, until do
// returns false.
func objects(v any, do func(object) bool) {
	switch of := v.(type) {
	case object:
		do(of)
	case []any:
		for _, item := range of {
			if o, ok := item.(object); ok && !do(o) {
				return
			}
		}
	}
}

// first is the first object in v.
func first(v any) (found object) {
	objects(v, func(o object) bool { found = o; return false })
	return found
}

// in is the first object at the path of names in o.
func in(o object, path ...string) object {
	for _, name := range path {
		o = first(o[name])
	}
	return o
}

// scalar is v as text if it is a text, a number or a bool, else empty.
func scalar(v any) string {
	switch of := v.(type) {
	case string:
		return of
	case json.Number:
		return string(of)
	case float64:
		return strconv.FormatFloat(of, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(of, 10)
	case int:
		return strconv.Itoa(of)
	case uint64:
		return strconv.FormatUint(of, 10)
	case bool:
		return strconv.FormatBool(of)
	}
	return ""
}

// scalars calls do with each text that v is, or has as a list.
func scalars(v any, do func(string)) {
	list, isList := v.([]any)
	if !isList {
		if text := scalar(v); text != "" {
			do(text)
		}
		return
	}
	for _, item := range list[:min(len(list), maxScanned)] {
		if text := scalar(item); text != "" {
			do(text)
		}
	}
}

// line is the first text that v is or has, as a clean line of at most limit characters.
func line(v any, limit int) string {
	if list, isList := v.([]any); isList && len(list) > 0 {
		v = list[0]
	}
	return Clean(scalar(v), limit)
}

// firstLine is the first of the values that is not empty as a line.
func firstLine(limit int, values ...any) string {
	for _, v := range values {
		if text := line(v, limit); text != "" {
			return text
		}
	}
	return ""
}

// number is v as a number, also one that is written as a text.
func number(v any) (n float64, ok bool) {
	switch v.(type) {
	case nil, bool:
		return 0, false
	case []any:
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(scalar(v)), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// isEmpty reports whether v says nothing.
func isEmpty(v any) bool {
	switch of := v.(type) {
	case nil:
		return true
	case string:
		return of == ""
	case object:
		return len(of) == 0
	case []any:
		return len(of) == 0
	}
	return false
}

var (
	neverSet = time.Unix(0, 0)
	tooLate  = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// timeOf reads a time of RFC 3339. One that was never set, in year 1 or 1970, is none.
func timeOf(v any) (t time.Time, ok bool) {
	text, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil && t.After(neverSet) && t.Before(tooLate)
}

// timestamp is the first of the values that is a time, in UTC, or empty.
func timestamp(values ...any) string {
	for _, v := range values {
		if t, ok := timeOf(v); ok {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return ""
}

// text is v as text of about limit bytes at most: a text or a number as it is, anything
// else as JSON.
func text(v any, limit int) string {
	switch v.(type) {
	case object, []any:
		return string(appendJSON(nil, v, limit, maxDepth))
	}
	return scalar(v)
}

// appendJSON appends v as JSON, ending early where out is longer than limit bytes. What
// is deeper than depth is an ellipsis.
func appendJSON(out []byte, v any, limit, depth int) []byte {
	switch of := v.(type) {
	case object:
		if depth == 0 {
			return append(out, "{…}"...)
		}
		out = append(out, '{')
		for i, name := range sortedNames(of) {
			if len(out) > limit {
				break
			}
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendQuoted(out, name, limit), ':')
			out = appendJSON(out, of[name], limit, depth-1)
		}
		return append(out, '}')
	case []any:
		if depth == 0 {
			return append(out, "[…]"...)
		}
		out = append(out, '[')
		for i, item := range of {
			if len(out) > limit {
				break
			}
			if i > 0 {
				out = append(out, ',')
			}
			out = appendJSON(out, item, limit, depth-1)
		}
		return append(out, ']')
	case string:
		return appendQuoted(out, of, limit)
	case nil:
		return append(out, "null"...)
	}
	return append(out, scalar(v)...)
}

func appendQuoted(out []byte, text string, limit int) []byte {
	return strconv.AppendQuote(out, Clean(text, limit))
}

// sortedNames are the names in o, in order.
func sortedNames(o object) []string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
