package input_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

func TestBackoffAndGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		for range 8 {
			r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, Message: "maintenance until noon"}})
		}
		p := r.Start(nil)
		err := p.Ends()
		require.ErrorContains(t, err, "giving up after 8 failures in a row")
		require.ErrorContains(t, err, "503 UNAVAILABLE: maintenance until noon")
		gaps := r.Gaps()
		require.Len(t, gaps, 7)
		for i, gap := range gaps {
			least := 2 * time.Second << i
			require.GreaterOrEqual(t, gap, least)
			require.LessOrEqual(t, gap, least+least/4+time.Second/100)
		}
		require.Contains(t, p.Logs.String(), "failure 3 of at most 7 in a row, next attempt in ")
	})
}

func TestNeverGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		for range 30 {
			r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		}
		r.Server.Append([]byte(`{"id":"de_1"}`))
		p := r.Start(rig.Settings{"start_time": "1h", "max_consecutive_failures": 0, "backoff": rig.Settings{"initial_interval": "1s", "max_interval": "10s"}})
		p.Deliver()
		require.Len(t, r.Asked(), 31)
	})
}

// Each of these is one failure; the stream that follows is whole.
func TestFailuresAreRetried(t *testing.T) {
	step := func(s chronicletest.Step) func(*rig.Rig) { return func(r *rig.Rig) { r.Server.Script(s) } }
	refuse := func(refusal chronicletest.Refusal) func(*rig.Rig) { return step(chronicletest.Step{Refuse: &refusal}) }
	body := func(text string) func(*rig.Rig) { return step(chronicletest.Step{Body: []byte(text)}) }
	gzipped := func(packed []byte) func(*rig.Rig) {
		return step(chronicletest.Step{Body: packed, Header: http.Header{"Content-Encoding": {"gzip"}}})
	}
	packed := rig.Compressed(t, `[{"heartbeat":true},`)
	for _, test := range []struct {
		name   string
		fault  func(*rig.Rig)
		reason string
		log    string
	}{
		{"503", refuse(chronicletest.Refusal{Status: 503}), "refused", "the server answered 503 UNAVAILABLE"},
		{"503 in an array", refuse(chronicletest.Refusal{Status: 503, InArray: true}), "refused", "the server answered 503 UNAVAILABLE"},
		{"500 with HTML", refuse(chronicletest.Refusal{Status: 500, Body: []byte("<html>oops")}), "refused", "the server answered 500: oops"},
		{"408", refuse(chronicletest.Refusal{Status: 408}), "refused", "the server answered 408"},
		{"429", refuse(chronicletest.Refusal{Status: 429}), "rate_limited", "the server answered 429 RESOURCE_EXHAUSTED"},
		{"401", refuse(chronicletest.Refusal{Status: 401}), "denied", "the server answered 401 UNAUTHENTICATED"},
		{"403", refuse(chronicletest.Refusal{Status: 403}), "denied", "the server answered 403 PERMISSION_DENIED"},
		{"404", refuse(chronicletest.Refusal{Status: 404}), "refused", "the server answered 404"},
		{"redirect", refuse(chronicletest.Refusal{Status: 307, Header: map[string][]string{"Location": {"/elsewhere"}}}), "refused", "the server answered 307"},
		{"token endpoint down", func(r *rig.Rig) { r.Server.ScriptToken(chronicletest.TokenStep{Status: 503}) }, "token", "fetching an access token with field credentials_json: the token endpoint answered 503"},
		{"token endpoint silent", func(r *rig.Rig) { r.Server.ScriptToken(chronicletest.TokenStep{Stall: true}) }, "silence", "nothing was heard from the server for 1m0s (idle_timeout)"},
		{"token endpoint without a token", func(r *rig.Rig) { r.Server.ScriptToken(chronicletest.TokenStep{Body: []byte("{}")}) }, "token", "the token endpoint's answer has none"},
		{"token endpoint confused", func(r *rig.Rig) { r.Server.ScriptToken(chronicletest.TokenStep{Body: []byte("<html>")}) }, "token", "fetching an access token with field credentials_json"},
		{"silence at once", step(chronicletest.Step{Then: chronicletest.Stall}), "silence", "nothing was heard from the server for 5m0s (first_byte_timeout)"},
		{"error element", step(chronicletest.Step{Then: chronicletest.Fail}), "server_error", "the server sent an error 503 UNAVAILABLE"},
		{"error as a string", step(chronicletest.Step{Then: chronicletest.Fail, Error: json.RawMessage(`"try later"`)}), "server_error", "the server sent an error: try later"},
		{"error beside a continuation time", step(chronicletest.Step{Then: chronicletest.Fail, ErrorElement: json.RawMessage(`{"continuationTime":"2000-01-01T00:00:00Z","error":{"code":13}}`)}), "server_error", "the server sent an error 13"},
		{"error with detections", step(chronicletest.Step{Then: chronicletest.Fail, ErrorElement: json.RawMessage(`{"detections":[{"id":"de_0"}],"error":{"code":13}}`)}), "server_error", "the server sent an error 13"},
		{"cut at once", step(chronicletest.Step{AfterBytes: 1, Then: chronicletest.Cut}), "cut", "reading the stream: "},
		{"end at once", step(chronicletest.Step{Then: chronicletest.End}), "ended", "the server ended the stream before it sent anything new"},
		{"empty answer", body(""), "cut", "before the array began"},
		{"HTML", body("<html>sign in</html>"), "malformed", "<html>sign in</html>"},
		{"object", body(`{"error":{"code":503}}`), "server_error", "the server sent an error 503"},
		{"another service's object", body(`{"message":"sign in","login":"https://example.com"}`), "ended", "has none of the known keys, but [\\\"message\\\" \\\"login\\\"]"},
		{"text", body(`"sign in"`), "malformed", "want a JSON array of elements"},
		{"bad continuation time", body(`[{"continuationTime":"soon"}]`), "malformed", "continuationTime is \\\"soon\\\", want an RFC 3339 time"},
		{"detections of the wrong type", body(`[{"detections":7}]`), "malformed", "detections is \\\"7\\\", want an array"},
		{"compressed nothing", gzipped([]byte{}), "cut", "decompressing the answer: unexpected EOF"},
		{"compression that is none", gzipped([]byte("[{}] and so on")), "cut", "decompressing the answer: gzip: invalid header"},
		{"compressed and cut in the header", gzipped(packed[:5]), "cut", "unexpected EOF"},
		{"compressed and cut", gzipped(packed[:len(packed)-12]), "cut", "unexpected EOF"},
		{"compressed without a checksum", gzipped(packed[:len(packed)-8]), "cut", "unexpected EOF"},
		{"compressed with a wrong checksum", gzipped(append(bytes.Clone(packed[:len(packed)-8]), "checksum"...)), "cut", "gzip: invalid checksum"},
		{"compressed with something behind", gzipped(append(slices.Clip(packed), "not a gzip header"...)), "cut", "gzip: invalid header"},
		{"bad compression", step(chronicletest.Step{Body: []byte("[]"), Header: map[string][]string{"Content-Encoding": {"br"}}}), "malformed", "Content-Encoding \\\"br\\\", want none or gzip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				sent, _ := r.History(2, 10, 1000)
				test.fault(r)
				p := r.Start(rig.Settings{"start_time": "2h"})
				require.Equal(t, sent, p.DeliverAll(len(sent)))
				require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", test.reason))
				require.Contains(t, p.Logs.String(), test.log)
				require.NoError(t, p.Failure())
				malformed := 0.0
				if test.reason == "malformed" || strings.Contains(test.log, "none of the known keys") {
					malformed = 1
				}
				require.Equal(t, malformed, p.Metrics.Value("chronicle_unknown_elements"))
			})
		})
	}
}

func TestRetryAfterWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 429, RetryAfter: "40"}})
		r.Server.Append([]byte(`{"id":"de_1"}`))
		p := r.Start(rig.Settings{"start_time": "1h"})
		p.Deliver()
		require.Equal(t, 40*time.Second, r.Gaps()[0])
	})
}
