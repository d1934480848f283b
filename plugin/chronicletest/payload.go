package chronicletest

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// payload is a request's body by field. Google documents JSON, and its sample
// sends a form; both have the same fields.
type payload map[string]value

// value is a field's value: JSON, or a form's text.
type value struct {
	json json.RawMessage // nil in a form
	text string          // of a form
}

// readPayload splits a body into its fields. Google takes a body for a form
// only if it is declared as one.
func readPayload(contentType string, body []byte) (payload, *Refusal) {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	if mediaType == "application/x-www-form-urlencoded" {
		return readForm(body)
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, nil // every field is optional
	}
	if body[0] != '{' {
		return nil, invalidArgument("Invalid JSON payload received. Expected an object.")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, invalidArgument("Invalid JSON payload received. %v", err)
	}
	p := make(payload, len(fields))
	for name, v := range fields {
		p[name] = value{json: v}
	}
	return p, nil
}

func readForm(body []byte) (payload, *Refusal) {
	fields, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalidArgument("Invalid form payload received. %v", err)
	}
	p := make(payload, len(fields))
	for name, v := range fields {
		if len(v) > 1 {
			return nil, invalidArgument("Invalid form payload received. %q is there %d times.", name, len(v))
		}
		p[name] = value{text: v[0]}
	}
	return p, nil
}

// onlyFields refuses whatever isn't one of names.
func (p payload) onlyFields(names ...string) *Refusal {
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !known[name] {
			return invalidArgument("Invalid JSON payload received. Unknown name %q: Cannot find field.", name)
		}
	}
	return nil
}

// str is a field that holds a string, "" and false if it is missing or not one.
func (p payload) str(name string) (string, bool) {
	v, ok := p[name]
	if !ok || v.json == nil {
		return v.text, ok
	}
	if v.json[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(v.json, &s) == nil
}

// timestamp is a field that holds an RFC 3339 time, zero if it is missing.
func (p payload) timestamp(name string) (time.Time, *Refusal) {
	v, ok := p[name]
	if !ok {
		return time.Time{}, nil
	}
	s, ok := p.str(name)
	t, err := time.Parse(time.RFC3339, s)
	if !ok || err != nil {
		return time.Time{}, v.invalid(name, "google.protobuf.Timestamp")
	}
	return t, nil
}

// boolean is a field that holds true or false, false if it is missing.
func (p payload) boolean(name string) (bool, *Refusal) {
	v, ok := p[name]
	switch {
	case !ok || v.literal() == "false":
		return false, nil
	case v.literal() == "true":
		return true, nil
	}
	return false, v.invalid(name, "TYPE_BOOL")
}

// integer is a field that holds a whole number, 0 if it is missing.
func (p payload) integer(name string) (int, *Refusal) {
	v, ok := p[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(v.literal())
	if err != nil {
		return 0, v.invalid(name, "TYPE_INT32")
	}
	return n, nil
}

// atLeastOne is a field that holds a whole number from 1 on, 0 if it is missing.
func (p payload) atLeastOne(name string) (int, *Refusal) {
	n, refusal := p.integer(name)
	if refusal != nil {
		return 0, refusal
	}
	if _, ok := p[name]; ok && n < 1 {
		return 0, invalidArgument("Invalid value at '%s': %d is less than 1.", name, n)
	}
	return n, nil
}

// enum checks a field that holds one of several words, or is missing.
func (p payload) enum(name string, words ...string) *Refusal {
	v, ok := p[name]
	if !ok {
		return nil
	}
	if word, ok := p.str(name); !ok || !slices.Contains(words, word) {
		return v.invalid(name, "TYPE_ENUM")
	}
	return nil
}

// literal is the value as it was sent.
func (v value) literal() string {
	if v.json != nil {
		return string(v.json)
	}
	return v.text
}

// invalid is the refusal of a value of another type than the field's.
func (v value) invalid(name, kind string) *Refusal {
	return invalidArgument("Invalid value at '%s' (%s), %s", name, kind, v.literal())
}
