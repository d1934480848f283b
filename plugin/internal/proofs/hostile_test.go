package proofs_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// None of these streams is what it should be. Each is reported with the place
// where it goes wrong and counted, nothing of it becomes a message, and the
// good stream that follows is whole.
func TestHostileStreams(t *testing.T) {
	detection := func(inside string) string { return `[{"detections":[` + inside + `]}` }
	for _, test := range []struct{ name, body, reason, log string }{
		{"HTML", "<!doctype html><title>Sign in</title>", "malformed", "at byte 0: the body begins with"},
		{"text for an array", `"continuationTime"`, "malformed", "at byte 0: the body begins with"},
		{"half an array around an object", `{"heartbeat":true}]`, "malformed", "at byte 18:"},
		{"nothing", "", "cut", "ended at byte 0, before the array began"},
		{"white space without end", strings.Repeat(" \n", 1<<20), "cut", "before the array began"},
		{"deep nesting", detection(`{"a":` + strings.Repeat("[", 20000)), "malformed", "nested more than 10000 levels deep"},
		{"string without end", detection(`{"a":"` + strings.Repeat("x", 33<<20)), "malformed", "a value of more than 33554432 bytes"},
		{"number without end", detection(`{"a":` + strings.Repeat("7", 33<<20)), "malformed", "a value of more than 33554432 bytes"},
		{"key without end", `[{"` + strings.Repeat("x", 2<<20), "malformed", "a value of more than 1048576 bytes"},
		{"NUL in a detection", detection("{\"a\":\"\x00\"}"), "malformed", "at byte 22: unexpected control character 0x00"},
		{"NUL between elements", "[{}\x00", "malformed", "at byte 3:"},
		{"invalid UTF-8 outside of strings", detection("{\"a\":\xff}"), "malformed", "at byte 21: unexpected"},
		{"heartbeat of the wrong type", `[{"heartbeat":"yes"}`, "malformed", "at byte 14: heartbeat is"},
		{"continuation time of the wrong type", `[{"continuationTime":{}}`, "malformed", "at byte 21: continuationTime is"},
		{"continuation time that is no time", `[{"continuationTime":"tomorrow"}`, "malformed", "want an RFC 3339 time"},
		{"page token of the wrong type", `[{"nextPageToken":7}`, "malformed", "at byte 18: nextPageToken is"},
		{"page start time of the wrong type", `[{"nextPageStartTime":[]}`, "malformed", "at byte 22: nextPageStartTime is"},
		{"detections of the wrong type", `[{"detections":{}}`, "malformed", "at byte 15: detections is"},
		{"detection that is a number", detection(`7`), "malformed", "at byte 16: a detection that begins with"},
		{"detection that is null", detection(`null`), "malformed", "at byte 16: a detection that begins with"},
		{"element that is a string", `["heartbeat"]`, "malformed", "at byte 1:"},
		{"array in the array", `[[]]`, "malformed", "at byte 1:"},
		{"text behind the closing bracket", `[{}]{"detections":[]}`, "malformed", "behind the array's closing bracket"},
		{"error of another shape", `[{"error":42}`, "server_error", "the server sent an error: 42"},
		{"gzip that is none", "\x1f\x8bnonsense", "malformed", "at byte 0:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				sent, _ := r.History(3, 10, 1000)
				r.Server.Script(chronicletest.Step{Body: []byte(test.body)})
				p := r.Start(rig.Settings{"start_time": "2h"})
				require.Equal(t, sent, p.DeliverAll(len(sent)))
				require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", test.reason))
				require.Contains(t, p.Logs.String(), test.log)
				if test.reason == "malformed" {
					require.EqualValues(t, 1, p.Metrics.Value("chronicle_unknown_elements"))
				}
				require.EqualValues(t, len(sent), p.Metrics.Value("chronicle_detections"))
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
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Server.Script(chronicletest.Step{Body: []byte(test.body), Then: chronicletest.Stall})
				p := r.Start(rig.Settings{"start_time": "2h"})
				got := p.DeliverAll(len(test.want))
				require.Len(t, got, len(test.want))
				for i := range got {
					if got[i] != test.want[i] {
						// Without the bodies, which may have megabytes.
						t.Errorf("message %d has %d bytes, not the %d that were sent", i, len(got[i]), len(test.want[i]))
					}
				}
				if test.log != "" {
					require.Contains(t, strings.Join(p.Logs.Above(), "\n"), test.log)
				}
			})
		})
	}
}

// An answer that is compressed though nobody asked for it is understood.
func TestCompressedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.Script(chronicletest.Step{Body: rig.Compressed(t, `[{"detections":[{"id":"a"}]}]`), Header: map[string][]string{"Content-Encoding": {"gzip"}}})
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, []string{`{"id":"a"}`}, p.Deliver())
	})
}

// A replay of a detection that is not valid UTF-8 is no news.
func TestGarbledIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		garbled := `{"detections":[{"id":"a","x":"` + "\xff" + `"}]}`
		r.Server.Script(
			chronicletest.Step{Body: []byte(`[` + garbled)},
			chronicletest.Step{Body: []byte(`[` + garbled + `,{"detections":[{"id":"b"}]}`)},
		)
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Len(t, p.DeliverAll(2), 2)
		require.Equal(t, 1, strings.Count(p.Logs.String(), "is not valid UTF-8"))
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_duplicates_dropped"))
	})
}
