package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// history appends batches of detections, a minute apart, ending an hour ago.
func (r *rig) history(batches, detections, size int) (sent []string, times []string) {
	g := chronicletest.NewGenerator(uint64(batches))
	begin := time.Now().Add(-time.Hour - time.Duration(batches)*time.Minute)
	for i := range batches {
		batch := g.Detections(detections, size)
		sent = append(sent, texts(batch)...)
		times = append(times, rfc3339(r.server.AppendAt(begin.Add(time.Duration(i)*time.Minute), batch...)))
	}
	return sent, times
}

// Six thousand detections arrive once each, in order and byte for byte, though
// five connections are cut inside batches; each reconnection asks for the last
// complete batch.
func TestCutsInsideBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(12, 500, 1500)
		cut := func(afterElements, afterBytes int) chronicletest.Step {
			return chronicletest.Step{AfterElements: afterElements, AfterBytes: afterBytes, Then: chronicletest.Cut}
		}
		r.server.Script(cut(2, 1), cut(1, 300_000), cut(0, 700_000), cut(3, 90_000), cut(1, 749_999))
		start := rfc3339(time.Now().Add(-24 * time.Hour))
		p := r.start(settings{"start_time": "24h", "max_batch_count": 200})

		require.Equal(t, sent, p.deliverAll(len(sent)))
		require.Equal(t, []string{start, times[1], times[2], times[2], times[5], times[6]}, r.asked())
		require.NotZero(t, p.metrics.value("chronicle_duplicates_dropped"), "parts of the batches that were cut came again")
		require.EqualValues(t, 6000, p.metrics.value("chronicle_detections"))
		require.EqualValues(t, 5, p.metrics.value("chronicle_reconnects", reasonCut))
		synctest.Wait()
		pass(time.Second)
		require.Equal(t, times[11], r.stored())
	})
}

func TestBackoffAndGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		for range 8 {
			r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, Message: "maintenance until noon"}})
		}
		p := r.start(nil)
		err := p.ends()
		require.ErrorContains(t, err, "giving up after 8 failures in a row")
		require.ErrorContains(t, err, "503 UNAVAILABLE: maintenance until noon")
		gaps := r.gaps()
		require.Len(t, gaps, 7)
		for i, gap := range gaps {
			least := 2 * time.Second << i
			require.GreaterOrEqual(t, gap, least)
			require.LessOrEqual(t, gap, least+least/4+time.Second/100)
		}
		require.Contains(t, p.logs.String(), "failure 3 of at most 7 in a row, next attempt in ")
	})
}

func TestNeverGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		for range 30 {
			r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		}
		r.server.Append([]byte(`{"id":"de_1"}`))
		p := r.start(settings{"start_time": "1h", "max_consecutive_failures": 0, "backoff": settings{"initial_interval": "1s", "max_interval": "10s"}})
		p.deliver()
		require.Len(t, r.asked(), 31)
	})
}

// Each of these is one failure; the stream that follows is whole.
func TestFailuresAreRetried(t *testing.T) {
	step := func(s chronicletest.Step) func(*rig) { return func(r *rig) { r.server.Script(s) } }
	refuse := func(refusal chronicletest.Refusal) func(*rig) { return step(chronicletest.Step{Refuse: &refusal}) }
	body := func(text string) func(*rig) { return step(chronicletest.Step{Body: []byte(text)}) }
	gzipped := func(packed []byte) func(*rig) {
		return step(chronicletest.Step{Body: packed, Header: http.Header{"Content-Encoding": {"gzip"}}})
	}
	packed := compressed(t, `[{"heartbeat":true},`)
	for _, test := range []struct {
		name   string
		fault  func(*rig)
		reason string
		log    string
	}{
		{"503", refuse(chronicletest.Refusal{Status: 503}), reasonRefused, "the server answered 503 UNAVAILABLE"},
		{"503 in an array", refuse(chronicletest.Refusal{Status: 503, InArray: true}), reasonRefused, "the server answered 503 UNAVAILABLE"},
		{"500 with HTML", refuse(chronicletest.Refusal{Status: 500, Body: []byte("<html>oops")}), reasonRefused, "the server answered 500: <html>oops"},
		{"408", refuse(chronicletest.Refusal{Status: 408}), reasonRefused, "the server answered 408"},
		{"429", refuse(chronicletest.Refusal{Status: 429}), reasonRateLimited, "the server answered 429 RESOURCE_EXHAUSTED"},
		{"401", refuse(chronicletest.Refusal{Status: 401}), reasonDenied, "the server answered 401 UNAUTHENTICATED"},
		{"403", refuse(chronicletest.Refusal{Status: 403}), reasonDenied, "the server answered 403 PERMISSION_DENIED"},
		{"404", refuse(chronicletest.Refusal{Status: 404}), reasonRefused, "the server answered 404"},
		{"redirect", refuse(chronicletest.Refusal{Status: 307, Header: map[string][]string{"Location": {"/elsewhere"}}}), reasonRefused, "the server answered 307"},
		{"token endpoint down", func(r *rig) { r.server.ScriptToken(chronicletest.TokenStep{Status: 503}) }, reasonToken, "fetching an access token with field credentials_json: the token endpoint answered 503"},
		{"token endpoint silent", func(r *rig) { r.server.ScriptToken(chronicletest.TokenStep{Stall: true}) }, reasonSilence, "nothing was heard from the server for 1m0s"},
		{"token endpoint without a token", func(r *rig) { r.server.ScriptToken(chronicletest.TokenStep{Body: []byte("{}")}) }, reasonToken, "the token endpoint's answer has none"},
		{"token endpoint confused", func(r *rig) { r.server.ScriptToken(chronicletest.TokenStep{Body: []byte("<html>")}) }, reasonToken, "fetching an access token with field credentials_json"},
		{"silence at once", step(chronicletest.Step{Then: chronicletest.Stall}), reasonSilence, "nothing was heard from the server for 1m0s"},
		{"error element", step(chronicletest.Step{Then: chronicletest.Fail}), reasonServerError, "the server sent an error 503 UNAVAILABLE"},
		{"error as a string", step(chronicletest.Step{Then: chronicletest.Fail, Error: json.RawMessage(`"try later"`)}), reasonServerError, "the server sent an error: try later"},
		{"error beside a continuation time", step(chronicletest.Step{Then: chronicletest.Fail, ErrorElement: json.RawMessage(`{"continuationTime":"2000-01-01T00:00:00Z","error":{"code":13}}`)}), reasonServerError, "the server sent an error 13"},
		{"error with detections", step(chronicletest.Step{Then: chronicletest.Fail, ErrorElement: json.RawMessage(`{"detections":[{"id":"de_0"}],"error":{"code":13}}`)}), reasonServerError, "the server sent an error 13"},
		{"cut at once", step(chronicletest.Step{AfterBytes: 1, Then: chronicletest.Cut}), reasonCut, "reading the stream: "},
		{"end at once", step(chronicletest.Step{Then: chronicletest.End}), reasonEnded, "the server ended the stream before it sent anything but heartbeats"},
		{"empty answer", body(""), reasonCut, "before the array began"},
		{"HTML", body("<html>sign in</html>"), reasonMalformed, "<html>sign in</html>"},
		{"object", body(`{"error":{"code":503}}`), reasonMalformed, "want a JSON array of elements"},
		{"bad continuation time", body(`[{"continuationTime":"soon"}]`), reasonMalformed, "continuationTime is \\\"soon\\\", want an RFC 3339 time"},
		{"detections of the wrong type", body(`[{"detections":7}]`), reasonMalformed, "detections is \\\"7\\\", want an array"},
		{"compressed nothing", gzipped([]byte{}), reasonCut, "decompressing the answer: unexpected EOF"},
		{"compression that is none", gzipped([]byte("[{}] and so on")), reasonCut, "decompressing the answer: gzip: invalid header"},
		{"compressed and cut in the header", gzipped(packed[:5]), reasonCut, "unexpected EOF"},
		{"compressed and cut", gzipped(packed[:len(packed)-12]), reasonCut, "unexpected EOF"},
		{"compressed without a checksum", gzipped(packed[:len(packed)-8]), reasonCut, "unexpected EOF"},
		{"compressed with a wrong checksum", gzipped(append(bytes.Clone(packed[:len(packed)-8]), "checksum"...)), reasonCut, "gzip: invalid checksum"},
		{"compressed with something behind", gzipped(append(slices.Clip(packed), "not a gzip header"...)), reasonCut, "gzip: invalid header"},
		{"bad compression", step(chronicletest.Step{Body: []byte("[]"), Header: map[string][]string{"Content-Encoding": {"br"}}}), reasonMalformed, "Content-Encoding \\\"br\\\", want none or gzip"},
	} {
		t.Run(test.name, func(t *testing.T) {
			forBothAPIs(t, func(t *testing.T, api settings) {
				r := newRigFor(t, api)
				sent, _ := r.history(2, 10, 1000)
				test.fault(r)
				p := r.start(settings{"start_time": "2h"})
				require.Equal(t, sent, p.deliverAll(len(sent)))
				require.EqualValues(t, 1, p.metrics.value("chronicle_reconnects", test.reason))
				require.Contains(t, p.logs.String(), test.log)
				require.NoError(t, Failure(p.res))
				malformed := 0.0
				if test.reason == reasonMalformed {
					malformed = 1
				}
				require.Equal(t, malformed, p.metrics.value("chronicle_unknown_elements"))
			})
		})
	}
}

func TestRetryAfterWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 429, RetryAfter: "40"}})
		r.server.Append([]byte(`{"id":"de_1"}`))
		p := r.start(settings{"start_time": "1h"})
		p.deliver()
		require.Equal(t, 40*time.Second, r.gaps()[0])
	})
}

func TestBadRequestEndsTheInputAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Unknown name \"x\": Cannot find field."}})
		p := r.start(nil)
		err := p.ends()
		require.EqualError(t, err, `input alerts: opening the stream at 127.0.0.1:1: the server answered 400 INVALID_ARGUMENT: Unknown name "x": Cannot find field.`)
		require.Len(t, r.asked(), 1)
	})
}

// What is in flight when the input gives up is delivered, and its position
// stored.
func TestInFlightOutlivesTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		_, times := r.history(1, 3, 1000)
		r.server.Script(
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
			chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400}},
		)
		p := r.start(settings{"start_time": "2h"})
		_, ack := p.read()
		pass(time.Minute)
		require.Error(t, Failure(p.res))
		require.NoError(t, ack(t.Context(), errors.New("output down")))
		_, ack = p.read()
		require.NoError(t, ack(t.Context(), nil))
		require.Error(t, p.ends())
		require.Equal(t, times[0], r.stored())
	})
}

// A success resets the count, and the next connection is opened at once, but
// never more than one a second.
func TestReconnectingAfterSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		for range 20 {
			r.server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
		}
		sent, _ := r.history(21, 2, 1000)
		p := r.start(settings{"start_time": "5h", "max_consecutive_failures": 1})
		require.Equal(t, sent, p.deliverAll(len(sent)))
		for _, gap := range r.gaps() {
			require.Equal(t, time.Second, gap)
		}
	})
}

func TestSilenceMidStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(2, 3, 1000)
		r.server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 100, Then: chronicletest.Stall})
		p := r.start(settings{"start_time": "2h", "idle_timeout": "30s"})
		require.Equal(t, sent, p.deliverAll(len(sent)))
		require.Equal(t, times[0], r.asked()[1])
		require.Equal(t, 30*time.Second, r.gaps()[0])
		require.EqualValues(t, 1, p.metrics.value("chronicle_reconnects", reasonSilence))
	})
}

// Bytes that trickle are no silence.
func TestSlowBytesAreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1, 2, 1000)
		r.server.Script(chronicletest.Step{ChunkBytes: 100, ChunkDelay: 50 * time.Second})
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, sent, p.deliverAll(len(sent)))
		require.Len(t, r.asked(), 1)
	})
}

// So it is with a compressed stream, of which nothing can be read for long.
func TestSlowCompressedBytesAreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := make([]byte, 300)
		_, _ = rand.NewChaCha8([32]byte{}).Read(random)
		detection := fmt.Sprintf(`{"id":"a","x":"%x"}`, random)
		r := newRig(t)
		r.server.Script(chronicletest.Step{
			Body: compressed(t, `[{"detections":[`+detection+`]}`), Header: http.Header{"Content-Encoding": {"gzip"}},
			ChunkBytes: 50, ChunkDelay: 50 * time.Second,
		})
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, []string{detection}, p.deliver())
		require.Len(t, r.asked(), 1)
	})
}

// A pipeline that pushes back for an hour does not cost the connection, whether
// the server has more than is read ahead or sends it meanwhile.
func TestBackPressureIsNoSilence(t *testing.T) {
	for name, step := range map[string]chronicletest.Step{
		"all at once": {},
		"bit by bit":  {ChunkBytes: 20_000, ChunkDelay: 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.server.Script(step)
				sent, _ := r.history(40, 100, 1000)
				p := r.start(settings{"start_time": "2h", "checkpoint_limit": 100})
				batch, ack := p.read()
				pass(time.Hour)
				require.NoError(t, ack(t.Context(), nil))
				got := append(bodiesOf(t, batch), p.deliverAll(len(sent)-len(batch))...)
				require.Equal(t, sent, got)
				require.Len(t, r.asked(), 1)
			})
		})
	}
}

// Without a start time the stream begins now. If the first attempt fails, the
// second one must not begin at a later now.
func TestFailureBeforeAnyPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		begun := time.Now()
		p := r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 1))
		pass(time.Second)
		r.server.Append([]byte(`{"id":"de_1"}`))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.deliver())
		require.Equal(t, []string{"", rfc3339(begun.Add(-clockTolerance))}, r.asked())
	})
}

// Nor must a process that is restarted during an outage. What is refused for its
// credentials is still being set up: there the start may yet be changed.
func TestGivingUpBeforeAnyPosition(t *testing.T) {
	for status, want := range map[int]string{503: rfc3339(time.Date(1999, 12, 31, 23, 59, 58, 0, time.UTC)), 403: ""} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			for range 2 {
				r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status}})
			}
			p := r.start(settings{"max_consecutive_failures": 1})
			require.Error(t, p.ends())
			p.stop()
			require.Equal(t, want, r.stored())
		})
	}
}

// Neither must a stream that ends, or a process that crashes, before a position
// came.
func TestEndBeforeAnyPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		begun := time.Now()
		r.server.Script(chronicletest.Step{AfterBytes: 10, Then: chronicletest.Cut})
		first := r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 1))
		pass(time.Minute)
		require.Equal(t, rfc3339(begun.Add(-clockTolerance)), r.stored())
		first.stop()
		r.server.Append([]byte(`{"id":"de_1"}`))
		pass(time.Minute)
		second := r.start(nil)
		require.Equal(t, []string{`{"id":"de_1"}`}, second.deliver())
		require.Equal(t, []string{"", rfc3339(begun.Add(-clockTolerance))}, r.asked())
	})
}

// A kept token that the server refuses is not shown to it again.
func TestRevokedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(2, 3, 1000)
		r.server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 9, Then: chronicletest.Cut})
		p := r.start(settings{"start_time": "2h"})
		got := p.deliver()
		r.server.RevokeTokens()
		require.Equal(t, sent, append(got, p.deliverAll(3)...))
		require.Equal(t, 2, r.server.TokenRequests())
		var statuses []int
		for _, request := range r.server.Requests() {
			statuses = append(statuses, request.Status)
		}
		require.Equal(t, []int{200, 401, 200}, statuses)
	})
}

func TestPositionTooOld(t *testing.T) {
	old := func() string { return rfc3339(time.Now().Add(-10 * 24 * time.Hour)) }
	t.Run("fail", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.store(fmt.Sprintf(`{"continuation_time":%q}`, old()))
			p := r.start(nil)
			err := p.ends()
			require.ErrorContains(t, err, "the server answered 400")
			require.ErrorContains(t, err, "what was detected from "+old()+" to ")
			require.ErrorContains(t, err, "(72h1m0s) is out of reach")
			require.ErrorContains(t, err, "on_unresumable_position")
			require.Equal(t, old(), r.stored(), "the stored position is left for a decision")
		})
	})
	t.Run("oldest", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			sent, _ := r.history(1, 3, 1000)
			r.store(fmt.Sprintf(`{"continuation_time":%q}`, old()))
			oldest := rfc3339(time.Now().Add(-7*24*time.Hour + time.Minute))
			p := r.start(settings{"on_unresumable_position": "oldest"})
			require.Equal(t, sent, p.deliver())
			require.Equal(t, oldest, r.asked()[1])
			require.EqualValues(t, (72*time.Hour + time.Minute).Seconds(), p.metrics.value("chronicle_skipped_seconds"))
			require.Contains(t, strings.Join(p.logs.above(), "\n"), "72h1m0s since "+old()+" is skipped")
		})
	})
	t.Run("oldest is refused too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, chronicletest.WithRetention(24*time.Hour))
			r.store(fmt.Sprintf(`{"continuation_time":%q}`, old()))
			p := r.start(settings{"on_unresumable_position": "oldest"})
			require.ErrorContains(t, p.ends(), "the server answered 400")
			require.Len(t, r.asked(), 2)
		})
	})
}
