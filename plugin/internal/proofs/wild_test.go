package proofs_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// What servers and proxies have been seen to send, in both APIs where both can. The
// settings are the defaults, but for short waits.

// hasty are settings with which eight failures take less than a second.
func hasty(more rig.Settings) rig.Settings {
	set := rig.Settings{"start_time": "1h", "backoff": map[string]any{"initial_interval": "50ms", "max_interval": "100ms"}}
	maps.Copy(set, more)
	return set
}

// pages are how an API calls a position.
func pages(api rig.Settings) string {
	if api["api"] == "chronicle" {
		return "nextPageStartTime"
	}
	return "continuationTime"
}

// asked are the times that were asked for, in either API's words.
func asked(r *rig.Rig) (times []string) {
	for _, request := range r.Server.Requests() {
		times = append(times, request.ContinuationTime+request.PageStartTime)
	}
	return times
}

func answering(body string) func(http.ResponseWriter, *chronicletest.StreamCall) bool {
	return func(w http.ResponseWriter, _ *chronicletest.StreamCall) bool {
		_, _ = io.WriteString(w, body)
		return true
	}
}

// cut sends what was written, and breaks off.
func cut(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// A quiet account whose windows bring heartbeats with the next position, on streams
// that end after each, is as healthy as can be.
func TestQuietWindowsGoOn(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		begun := time.Now().Add(-time.Hour).Truncate(time.Second)
		r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			at := rig.RFC3339(begun.Add(time.Duration(call.Number) * time.Second))
			fmt.Fprintf(w, "[{\"heartbeat\":true,%q:%q},\r\n{\"heartbeat\":true}", pages(api), at)
			return true
		})
		p := r.Start(rig.Settings{"start_time": "1h"})
		rig.Pass(10 * time.Minute)
		require.NoError(t, p.Failure())
		times := asked(r)
		require.Greater(t, len(times), 500)
		require.IsIncreasing(t, times)
		for _, gap := range r.Gaps() {
			require.Equal(t, time.Second, gap, "never more than one a second, and no back-off")
		}
	})
}

// The same with heartbeats alone, whatever ends the streams, and when.
func TestHeartbeatsAloneGoOn(t *testing.T) {
	for _, test := range []struct {
		name       string
		heartbeats int
		end        func(http.ResponseWriter)
	}{
		{"ended after a minute", 4, func(http.ResponseWriter) {}},
		{"cut after a minute", 4, cut},
		{"cut after half a minute", 2, cut},
		{"ended after an hour", 240, func(http.ResponseWriter) {}},
		{"silent after a minute", 4, func(http.ResponseWriter) { time.Sleep(time.Hour) }},
		{"an error after a minute", 4, func(w http.ResponseWriter) { _, _ = io.WriteString(w, `,{"error":{"code":503}}`) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Server.Control(func(w http.ResponseWriter, _ *chronicletest.StreamCall) bool {
					_, _ = io.WriteString(w, "[")
					for range test.heartbeats {
						_ = http.NewResponseController(w).Flush()
						time.Sleep(15 * time.Second)
						_, _ = io.WriteString(w, `{"heartbeat":true},`)
					}
					test.end(w)
					return true
				})
				p := r.Start(nil)
				rig.Pass(24 * time.Hour)
				require.NoError(t, p.Failure())
				require.NotContains(t, p.Logs.String(), "in a row")
			})
		})
	}
}

// What was not alive for long enough is a failure, heartbeats or not.
func TestShortLivesAreFailures(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Server.Control(func(w http.ResponseWriter, _ *chronicletest.StreamCall) bool {
			_, _ = io.WriteString(w, `[{"heartbeat":true},`)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(29 * time.Second)
			return true
		})
		p := r.Start(nil)
		require.ErrorContains(t, p.Ends(), "giving up after 8 failures in a row: the server ended the stream before it sent anything new")
	})
}

// The names of codings have no case.
func TestNamesOfCodings(t *testing.T) {
	for _, name := range []string{"GZIP", "x-gzip", "Gzip", "identity, gzip ,", "Identity"} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			body := []byte(`[{"detections":[{"id":"de_1"}]}`)
			if name != "Identity" {
				body = rig.Compressed(t, string(body))
			}
			r.Server.Script(chronicletest.Step{Body: body, Header: http.Header{"Content-Encoding": {name}}})
			p := r.Start(hasty(nil))
			require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
		})
	}
}

// An error within a stream is an answer: a token that has run out is replaced.
func TestErrorElementOfAStaleToken(t *testing.T) {
	for _, heard := range []string{"", `{"detections":[{"id":"de_1"}]},`} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			refused := ""
			r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
				token := call.HTTP.Header.Get("Authorization")
				if refused == "" {
					refused = token
				}
				if token != refused {
					return false
				}
				_, _ = io.WriteString(w, "["+heard)
				_, _ = w.Write(chronicletest.Refusal{Status: 401, Message: "The token has expired."}.JSON())
				return true
			})
			p := r.Start(hasty(nil))
			if heard != "" {
				require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
			}
			r.Server.Append(json.RawMessage(`{"id":"de_2"}`))
			require.Equal(t, []string{`{"id":"de_2"}`}, p.Deliver())
			require.Equal(t, 2, r.Server.TokenRequests())
			require.Len(t, r.Server.Requests(), 2)
			require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", "denied"))
		})
	}
}

// A position that is too old may be refused within the stream.
func TestErrorElementOfAnOldPosition(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Store(`{"continuation_time":"` + rig.RFC3339(time.Now().Add(-10*24*time.Hour)) + `"}`)
		r.Server.Control(answering(`[{"error":{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT"}}`))
		p := r.Start(hasty(nil))
		require.ErrorContains(t, p.Ends(), "is out of reach, since the server keeps 7 days; set on_unresumable_position")
	})
}

// One object may stand for the array, and lists may end in a comma.
func TestLaxJSON(t *testing.T) {
	for _, format := range []string{
		`[{"detections":[{"id":"de_1"},],%q:%q}`,
		`[{"detections":[{"id":"de_1"}],%q:%q,},`,
		`{"detections":[{"id":"de_1"}],%q:%q}`,
	} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			at := rig.RFC3339(time.Now().Add(-time.Minute))
			r.Server.Script(chronicletest.Step{Body: fmt.Appendf(nil, format, pages(api), at)})
			p := r.Start(hasty(nil))
			require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
			rig.Pass(10 * time.Second)
			require.Equal(t, at, asked(r)[1])
			require.Zero(t, p.Metrics.Value("chronicle_unknown_elements"))
		})
	}
}

// How long to wait is said in four ways. The longest wins, an hour at most.
func TestWaits(t *testing.T) {
	limited := func(header string, details ...json.RawMessage) chronicletest.Refusal {
		return chronicletest.Refusal{Status: 429, RetryAfter: header, Details: details, InArray: true}
	}
	for _, test := range []struct {
		name string
		step chronicletest.Step
		want time.Duration
	}{
		{"details", chronicletest.Step{Refuse: new(limited("", chronicletest.RetryInfo(3*time.Second)))}, 3 * time.Second},
		{"fractions", chronicletest.Step{Refuse: new(limited("", chronicletest.RetryInfo(3500*time.Millisecond)))}, 3500 * time.Millisecond},
		{"header", chronicletest.Step{Refuse: new(limited("4", chronicletest.RetryInfo(3*time.Second)))}, 4 * time.Second},
		{"header with fractions", chronicletest.Step{Refuse: new(limited("4.5"))}, 4500 * time.Millisecond},
		{"too long", chronicletest.Step{Refuse: new(limited("", chronicletest.RetryInfo(5*time.Hour)))}, time.Hour},
		{"element", chronicletest.Step{Body: append(append([]byte(`[`), chronicletest.Refusal{Status: 503, Details: []json.RawMessage{chronicletest.RetryInfo(7 * time.Second)}}.JSON()...), ']')}, 7 * time.Second},
		{"element behind detections", chronicletest.Step{Body: append([]byte(`[{"detections":[{"id":"de_1"}]},`), chronicletest.Refusal{Status: 429, Details: []json.RawMessage{chronicletest.RetryInfo(9 * time.Second)}}.JSON()...)}, 9 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Jitter = func() float64 { return 0 }
				r.Server.Script(test.step)
				r.Start(hasty(nil))
				require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
				for range 100 {
					rig.Pass(time.Minute)
				}
				require.Equal(t, test.want, r.Gaps()[0])
			})
		})
	}
}

// A stream that breaks at the same place each time brings nothing new.
func TestNoWayForward(t *testing.T) {
	for _, window := range []any{10000, 0} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			at := rig.RFC3339(time.Now().Add(-time.Minute))
			r.Server.Control(answering(fmt.Sprintf("[{%q:%q,\"detections\":[{\"id\":\"de_1\"}]},\r\n{\"detections\":[\"no object\"]}", pages(api), at)))
			p := r.Start(hasty(rig.Settings{"dedupe_window": window}))
			require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
			if window == 0 {
				p.DeliverAll(8) // again and again, which is not new
			}
			require.ErrorContains(t, p.Ends(), `giving up after 8 failures in a row: reading the stream: decoding the stream at byte`)
			require.Len(t, r.Server.Requests(), 9)
		})
	}
}

// The same with page tokens that are refused in turns.
func TestNoWayForwardWithTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			if call.PageToken != "" {
				w.WriteHeader(400)
				_, _ = w.Write(chronicletest.Refusal{Status: 400}.JSON())
				return true
			}
			fmt.Fprintf(w, `[{"nextPageToken":"p%d","detections":[{"id":"de_1"}]},`, call.Number)
			cut(w)
			return true
		})
		p := r.Start(hasty(nil))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
		rig.Pass(time.Hour)
		require.ErrorContains(t, p.Failure(), "giving up after 8 failures in a row")
		require.Less(t, len(r.Server.Requests()), 20)
	})
}

// One byte now and then is no life.
func TestTrickleIsSilence(t *testing.T) {
	for _, test := range []struct{ name, begin, trickle string }{
		{"white space between elements", "[", " "},
		{"inside a detection", `[{"detections":[{"id":"de_1"},{"id":"`, "x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
					for text := test.begin; call.HTTP.Context().Err() == nil; text = test.trickle {
						_, _ = io.WriteString(w, text)
						_ = http.NewResponseController(w).Flush()
						time.Sleep(time.Second)
					}
					return true
				})
				p := r.Start(rig.Settings{"idle_timeout": "10s"})
				require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
				rig.Pass(99 * time.Second)
				require.Len(t, r.Server.Requests(), 1, "a slow detection is no silence")
				rig.Pass(5 * time.Second)
				require.Len(t, r.Server.Requests(), 2)
				require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", "silence"))
				require.Contains(t, p.Logs.String(), "nothing was heard from the server but single bytes for 1m40s, and no detection or element came to its end")
			})
		})
	}
}

// A large batch that takes its time is none: each of its detections is a sign of
// life.
func TestSlowBatchIsNoTrickle(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			_, _ = io.WriteString(w, `[{"detections":[{}`)
			for i := 0; i < 300 && call.HTTP.Context().Err() == nil; i++ {
				fmt.Fprintf(w, `,{"id":"de_%d"}`, i)
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Second)
			}
			_, _ = io.WriteString(w, `]}`)
			_ = http.NewResponseController(w).Flush()
			<-call.HTTP.Context().Done()
			return true
		})
		p := r.Start(rig.Settings{"idle_timeout": "10s"})
		require.Len(t, p.DeliverAll(301), 301)
		require.Len(t, r.Server.Requests(), 1)
	})
}

// The project that requests count for is said in every one to Chronicle.
func TestQuotaProject(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(document map[string]any) rig.Settings
	}{
		{"in the document", func(document map[string]any) rig.Settings {
			document["quota_project_id"] = "billing-project"
			return rig.Settings{}
		}},
		{"in the settings", func(map[string]any) rig.Settings { return rig.Settings{"quota_project": "billing-project"} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api, chronicletest.WithQuotaProject("billing-project"))
				var document map[string]any
				require.NoError(t, json.Unmarshal(r.Server.CredentialsJSON(), &document))
				set := test.set(document)
				encoded, err := json.Marshal(document)
				require.NoError(t, err)
				set["credentials_json"] = string(encoded)
				sent, _ := r.History(1, 3, 1000)
				set["start_time"] = "2h"
				p := r.Start(set)
				require.Equal(t, sent, p.Deliver())
				require.Equal(t, []string{"billing-project"}, r.Server.Requests()[0].Header["X-Goog-User-Project"])
			})
		})
	}
}
