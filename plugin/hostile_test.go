package plugin

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// None of these streams is what it should be. Each is reported with the place
// where it goes wrong and counted, nothing of it becomes a message, and the
// good stream that follows is whole.
func TestHostileStreams(t *testing.T) {
	detection := func(inside string) string { return `[{"detections":[` + inside + `]}` }
	for _, test := range []struct{ name, body, reason, log string }{
		{"HTML", "<!doctype html><title>Sign in</title>", reasonMalformed, "at byte 0: the body begins with"},
		{"object for an array", `{"continuationTime":"2026-03-01T00:00:00Z"}`, reasonMalformed, "at byte 0: the body begins with"},
		{"nothing", "", reasonCut, "ended at byte 0, before the array began"},
		{"white space without end", strings.Repeat(" \n", 1<<20), reasonCut, "before the array began"},
		{"deep nesting", detection(`{"a":` + strings.Repeat("[", 20000)), reasonMalformed, "nested more than 10000 levels deep"},
		{"string without end", detection(`{"a":"` + strings.Repeat("x", 33<<20)), reasonMalformed, "a value of more than 33554432 bytes"},
		{"number without end", detection(`{"a":` + strings.Repeat("7", 33<<20)), reasonMalformed, "a value of more than 33554432 bytes"},
		{"key without end", `[{"` + strings.Repeat("x", 2<<20), reasonMalformed, "a value of more than 1048576 bytes"},
		{"NUL in a detection", detection("{\"a\":\"\x00\"}"), reasonMalformed, "at byte 22: unexpected control character 0x00"},
		{"NUL between elements", "[{}\x00", reasonMalformed, "at byte 3:"},
		{"invalid UTF-8 outside of strings", detection("{\"a\":\xff}"), reasonMalformed, "at byte 21: unexpected"},
		{"heartbeat of the wrong type", `[{"heartbeat":"yes"}`, reasonMalformed, "at byte 14: heartbeat is"},
		{"continuation time of the wrong type", `[{"continuationTime":{}}`, reasonMalformed, "at byte 21: continuationTime is"},
		{"continuation time that is no time", `[{"continuationTime":"tomorrow"}`, reasonMalformed, "want an RFC 3339 time"},
		{"page token of the wrong type", `[{"nextPageToken":7}`, reasonMalformed, "at byte 18: nextPageToken is"},
		{"page start time of the wrong type", `[{"nextPageStartTime":[]}`, reasonMalformed, "at byte 22: nextPageStartTime is"},
		{"detections of the wrong type", `[{"detections":{}}`, reasonMalformed, "at byte 15: detections is"},
		{"detection that is a number", detection(`7`), reasonMalformed, "at byte 16: a detection that begins with"},
		{"detection that is null", detection(`null`), reasonMalformed, "at byte 16: a detection that begins with"},
		{"element that is a string", `["heartbeat"]`, reasonMalformed, "at byte 1:"},
		{"array in the array", `[[]]`, reasonMalformed, "at byte 1:"},
		{"text behind the closing bracket", `[{}]{"detections":[]}`, reasonMalformed, "behind the array's closing bracket"},
		{"error of another shape", `[{"error":42}`, reasonServerError, "the server sent an error: 42"},
		{"gzip that is none", "\x1f\x8bnonsense", reasonMalformed, "at byte 0:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			forBothAPIs(t, func(t *testing.T, api settings) {
				r := newRigFor(t, api)
				sent, _ := r.history(3, 10, 1000)
				r.server.Script(chronicletest.Step{Body: []byte(test.body)})
				p := r.start(settings{"start_time": "2h"})
				require.Equal(t, sent, p.deliverAll(len(sent)))
				require.EqualValues(t, 1, p.metrics.value("chronicle_reconnects", test.reason))
				require.Contains(t, p.logs.String(), test.log)
				if test.reason == reasonMalformed {
					require.EqualValues(t, 1, p.metrics.value("chronicle_unknown_elements"))
				}
				require.EqualValues(t, len(sent), p.metrics.value("chronicle_detections"))
			})
		})
	}
}

// These streams are odd but say what they mean; they have been seen, or JSON
// allows them. Nothing of them is lost and nobody is alarmed, unless the oddity
// is one to look into.
func TestOddStreams(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       []string
		log        string
	}{
		{name: "no commas between elements", body: "[{\"heartbeat\":true}\n{\"detections\":[{\"id\":\"a\"}]}\n{\"detections\":[{\"id\":\"b\"}]}", want: []string{`{"id":"a"}`, `{"id":"b"}`}},
		{name: "closing bracket and orderly end", body: "[{\"detections\":[{\"id\":\"a\"}]},\r\n]\r\n", want: []string{`{"id":"a"}`}},
		{name: "keys twice", body: `[{"detections":[{"id":"a"}],"detections":[{"id":"b"}]}`, want: []string{`{"id":"a"}`, `{"id":"b"}`}},
		{name: "keys escaped", body: `[{"\u0064etections":[{"\u0069d":"a"}]}`, want: []string{`{"\u0069d":"a"}`}},
		{name: "nulls", body: `[{"heartbeat":null,"error":null,"continuationTime":null,"detections":[{"id":"a"}]}`, want: []string{`{"id":"a"}`}},
		{name: "unknown keys", body: `[{"x":{"detections":[{"id":"no"}]},"detections":[{"id":"a"}]}`, want: []string{`{"id":"a"}`}},
		{name: "nothing known", body: `[{"x":1},{},{"detections":[{"id":"a"}]}`, want: []string{`{"id":"a"}`}, log: `has none of the known keys, but`},
		{name: "invalid UTF-8 in a string", body: "[{\"detections\":[{\"id\":\"a\",\"x\":\"\xff\xfe\"}]}", want: []string{"{\"id\":\"a\",\"x\":\"\xff\xfe\"}"}, log: `is not valid UTF-8`},
		{name: "larger than any buffer", body: `[{"detections":[{"id":"a","x":"` + strings.Repeat("x", 20<<20) + `"}]}`, want: []string{`{"id":"a","x":"` + strings.Repeat("x", 20<<20) + `"}`}},
		{name: "no id", body: `[{"detections":[{},{}]}`, want: []string{`{}`, `{}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			forBothAPIs(t, func(t *testing.T, api settings) {
				r := newRigFor(t, api)
				r.server.Script(chronicletest.Step{Body: []byte(test.body), Then: chronicletest.Stall})
				p := r.start(settings{"start_time": "2h"})
				got := p.deliverAll(len(test.want))
				require.Len(t, got, len(test.want))
				for i := range got {
					if got[i] != test.want[i] {
						// Without the bodies, which may have megabytes.
						t.Errorf("message %d has %d bytes, not the %d that were sent", i, len(got[i]), len(test.want[i]))
					}
				}
				if test.log != "" {
					require.Contains(t, strings.Join(p.logs.above(), "\n"), test.log)
				}
			})
		})
	}
}

// An answer that is compressed though nobody asked for it is understood.
func TestCompressedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.Script(chronicletest.Step{Body: compressed(t, `[{"detections":[{"id":"a"}]}]`), Header: map[string][]string{"Content-Encoding": {"gzip"}}})
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, []string{`{"id":"a"}`}, p.deliver())
	})
}

func compressed(t *testing.T, plain string) []byte {
	t.Helper()
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	_, err := io.WriteString(w, plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return body.Bytes()
}

// A replay of a detection that is not valid UTF-8 is no news.
func TestGarbledIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		garbled := `{"detections":[{"id":"a","x":"` + "\xff" + `"}]}`
		r.server.Script(
			chronicletest.Step{Body: []byte(`[` + garbled)},
			chronicletest.Step{Body: []byte(`[` + garbled + `,{"detections":[{"id":"b"}]}`)},
		)
		p := r.start(settings{"start_time": "2h"})
		require.Len(t, p.deliverAll(2), 2)
		require.Equal(t, 1, strings.Count(p.logs.String(), "is not valid UTF-8"))
		require.EqualValues(t, 1, p.metrics.value("chronicle_duplicates_dropped"))
	})
}
