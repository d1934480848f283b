package stream_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

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
	f.Fuzz(func(t *testing.T, raw []byte) {
		body := append(append([]byte(`[{"detections":[`), raw...), `]}`...)
		piece, err := stream.NewDecoder(bytes.NewReader(body), stream.Limits{}).Next()

		var want struct {
			Detections []json.RawMessage `json:"detections"`
		}
		refused := json.Unmarshal(body[1:], &want)
		for _, d := range want.Detections {
			if d[0] != '{' {
				refused = errors.New("not an object")
			}
		}
		// What closes the list early is another stream, and not ours to judge.
		if refused == nil && !json.Valid(append(append([]byte("["), raw...), ']')) {
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
			var fields map[string]any
			if err := json.Unmarshal(d.Raw, &fields); err != nil {
				t.Fatal(err)
			}
			if id, _ := fields["id"].(string); id != d.ID {
				t.Fatalf("id is %q, want %q", d.ID, id)
			}
		}
	})
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
		if got, want := (outcome{cut.pieces, place(cut.err)}).String(), (outcome{whole.pieces, place(whole.err)}).String(); got != want {
			t.Fatalf("in reads of %d:\n%s\nwhole:\n%s", int(chunk)%7+1, got, want)
		}
	})
}

type chunks struct {
	r    io.Reader
	size int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }
