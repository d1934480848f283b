package stream_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// FuzzDetection puts any bytes where a detection belongs: the decoder must
// take exactly the objects that encoding/json calls valid, and return their
// bytes and the fields that encoding/json finds.
func FuzzDetection(f *testing.F) {
	for _, test := range streams {
		f.Add([]byte(test.body))
	}
	f.Add([]byte(detection(1, 2000)))
	var reader stream.FieldReader // what it remembers must not show
	f.Fuzz(func(t *testing.T, raw []byte) {
		body := append(append([]byte(`[{"detections":[`), raw...), `]}`...)
		piece, err := stream.NewDecoder(from(bytes.NewReader(body)), stream.Limits{}).Next()

		var want struct {
			Detections []json.RawMessage `json:"detections"`
		}
		// One comma behind the last detection is taken, which encoding/json refuses.
		list := bytes.TrimRight(raw, " \t\r\n")
		if all := bytes.TrimSuffix(list, []byte(",")); len(bytes.TrimSpace(all)) > 0 {
			list = all
		}
		refused := json.Unmarshal(slices.Concat([]byte(`{"detections":[`), list, []byte(`]}`)), &want)
		for _, d := range want.Detections {
			if d[0] != '{' {
				refused = errors.New("not an object")
			}
		}
		// What closes the list early is another stream, and not ours to judge.
		if refused == nil && !json.Valid(slices.Concat([]byte("["), list, []byte("]"))) {
			return
		}
		if (err == nil) != (refused == nil) {
			if err == nil && bytes.ContainsAny(raw, "]") {
				return
			}
			t.Fatalf("decoder: %v, encoding/json: %v", err, refused)
		}
		if err != nil {
			return
		}
		if len(piece.Detections) != len(want.Detections) {
			t.Fatalf("got %d detections, want %d", len(piece.Detections), len(want.Detections))
		}
		for i, d := range piece.Detections {
			if !bytes.Equal(d.Raw, want.Detections[i]) {
				t.Fatalf("detection %d is %q, want %q", i, d.Raw, want.Detections[i])
			}
			if got, want := fields(reader.Read(&d)), fields(oracle(t, d.Raw)); got != want {
				t.Fatalf("fields of %s:\ngot  %s\nwant %s", d.Raw, got, want)
			}
		}
	})
}

// oracle is what encoding/json finds in a detection.
func oracle(t *testing.T, raw []byte) stream.Fields {
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	said := func(object map[string]any, key string) string {
		s, _ := object[key].(string)
		return s
	}
	rules, _ := members["detection"].([]any)
	rule, _ := append(rules, nil)[0].(map[string]any)
	severity := ""
	for _, one := range rules {
		one, _ := one.(map[string]any)
		if severity == "" {
			severity = said(one, "severity")
		}
		labels, _ := one["ruleLabels"].([]any)
		for _, item := range labels {
			label, _ := item.(map[string]any)
			if severity == "" && strings.EqualFold(said(label, "key"), "severity") {
				severity = said(label, "value")
			}
		}
	}
	return stream.Fields{
		ID: said(members, "id"), Type: said(members, "type"), Time: said(members, "detectionTime"),
		RuleID: said(rule, "ruleId"), RuleName: said(rule, "ruleName"), Severity: strings.ToUpper(severity),
		Garbled: !utf8.Valid(raw),
	}
}

// FuzzChunking decodes any bytes whole and in reads of any length: the pieces
// must be the same, and the end in the same place.
func FuzzChunking(f *testing.F) {
	for i, test := range streams {
		f.Add([]byte(test.body), byte(i), byte(test.limits.MaxCount))
	}
	f.Fuzz(func(t *testing.T, body []byte, chunk, most byte) {
		limits := stream.Limits{MaxCount: int(most)}
		whole := decode(bytes.NewReader(body), limits)
		cut := decode(&chunks{bytes.NewReader(body), int(chunk)%7 + 1}, limits)
		cut.err, whole.err = place(cut.err), place(whole.err)
		if got, want := cut.String(), whole.String(); got != want {
			t.Fatalf("in reads of %d:\n%s\nwhole:\n%s", int(chunk)%7+1, got, want)
		}
		if !slices.Equal(cut.fields, whole.fields) {
			t.Fatalf("in reads of %d:\n%s\nwhole:\n%s", int(chunk)%7+1, cut.fields, whole.fields)
		}
	})
}

type chunks struct {
	r    io.Reader
	size int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }
