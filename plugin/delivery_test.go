package plugin

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestRestartResumesFromTheStoredPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(3, 10, 1000)
		first := r.start(settings{"start_time": "2h"})
		got := append(first.deliver(), first.deliver()...)
		first.stop()
		require.Equal(t, times[1], r.stored())

		second := r.start(settings{"start_time": "2h"})
		require.Equal(t, sent, append(got, second.deliver()...))
		require.Equal(t, times[1], r.asked()[1])
	})
}

// Batch 2 is acknowledged before batch 1, then the process crashes.
func TestPositionStaysBehindTheUnacknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(3, 10, 1000)
		start := rfc3339(time.Now().Add(-2 * time.Hour))
		first := r.start(settings{"start_time": "2h"})
		_, ack1 := first.read()
		_, ack2 := first.read()
		require.NoError(t, ack2(t.Context(), nil))
		pass(time.Minute)
		require.Equal(t, start, r.stored(), "as if nothing was delivered")
		require.NoError(t, ack1(t.Context(), nil))
		pass(time.Minute)
		require.Equal(t, times[1], r.stored())
		_, _ = first.read()
		first.stop()

		second := r.start(nil)
		require.Equal(t, sent[20:], second.deliver())
	})
}

// A rejected message comes again, and holds back the position meanwhile.
func TestNacksAreReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(1, 10, 1000)
		p := r.start(settings{"start_time": "2h"})
		_, ack := p.read()
		require.NoError(t, ack(t.Context(), errors.New("output down")))
		pass(time.Minute)
		require.NotEqual(t, times[0], r.stored())
		require.Equal(t, sent, p.deliver())
		pass(time.Minute)
		require.Equal(t, times[0], r.stored())
		require.Zero(t, p.metrics.value("chronicle_rejected"))
	})
}

func TestNacksWithoutReplayAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		_, times := r.history(2, 10, 1000)
		p := r.start(settings{"start_time": "2h", "auto_replay_nacks": false})
		_, ack := p.read()
		require.NoError(t, ack(t.Context(), errors.New("output down")))
		pass(time.Minute)
		require.Equal(t, times[0], r.stored())
		require.EqualValues(t, 10, p.metrics.value("chronicle_rejected"))
		p.deliver()
	})
}

// An acknowledgement of an earlier connection counts for what it acknowledges.
func TestAcksOfAnEarlierConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		_, times := r.history(2, 10, 1000)
		r.server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
		p := r.start(settings{"start_time": "2h"})
		_, early := p.read()
		p.deliver() // over the second connection
		pass(time.Minute)
		require.NotContains(t, times, r.stored())
		require.NoError(t, early(t.Context(), nil))
		pass(time.Minute)
		require.Equal(t, times[1], r.stored())
	})
}

// Whatever is acknowledged between two writes goes into one.
func TestPositionsAreWrittenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(500, 1, 1000)
		p := r.start(settings{"start_time": "12h"})
		p.deliverAll(len(sent))
		pass(time.Minute)
		require.Equal(t, times[499], r.stored())
		require.EqualValues(t, 2, p.metrics.value("chronicle_checkpoint_writes"), "of the start and of all that came, not one a message")
		require.Equal(t, 4, r.cache.writes(), "each with its spare")
	})
}

// A cache that fails is logged, counted and tried again; delivery goes on.
func TestCacheFailsWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(5, 10, 1000)
		p := r.start(settings{"start_time": "2h"})
		got := p.deliver()
		pass(time.Second)
		r.cache.fail(errors.New("disk full"))
		got = append(got, p.deliverAll(40)...)
		require.Equal(t, sent, got)
		pass(time.Minute)
		require.Equal(t, times[0], r.stored())
		require.GreaterOrEqual(t, p.metrics.value("chronicle_checkpoint_failures"), 2.0)
		require.Greater(t, p.metrics.value("chronicle_uncommitted_seconds"), 200.0)
		require.Contains(t, p.logs.String(), "storing the position in the cache positions: disk full")
		r.cache.fail(nil)
		pass(time.Minute)
		require.Equal(t, times[4], r.stored())
		require.Zero(t, p.metrics.value("chronicle_uncommitted_seconds"))
	})
}

// A cache that is down at the start is tried again. Beginning without it would
// skip what the stored position stands for.
func TestCacheDownAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(2, 10, 1000)
		r.store(fmt.Sprintf(`{"continuation_time":%q}`, times[0]))
		r.cache.fail(errors.New("connection refused"))
		p := r.start(nil)
		pass(5 * time.Second)
		require.Empty(t, r.asked())
		require.Contains(t, p.logs.String(), "reading the position in the cache positions: connection refused")
		r.cache.fail(nil)
		require.Equal(t, sent[10:], p.deliver())
	})
}

// A start that is now is when the input was created, though a cache that is down
// holds it up.
func TestCacheDownAtAStartThatIsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.cache.fail(errors.New("connection refused"))
		p := r.start(nil)
		pass(5 * time.Second)
		r.server.Append([]byte(`{"id":"de_1"}`))
		pass(time.Second)
		r.cache.fail(nil)
		require.Equal(t, []string{`{"id":"de_1"}`}, p.deliver())
	})
}

func TestStoredPositionIsCorrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.store("yesterday")
		p := r.start(nil)
		require.ErrorContains(t, p.ends(), `reading the position in the cache positions: the value of key chronicle_detection_alerts: got "yesterday", want JSON`)
		require.Empty(t, r.asked())
	})
}

// A machine that stops while the file cache writes leaves an empty file.
func TestStoredPositionIsTorn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(2, 10, 1000)
		first := r.start(settings{"start_time": "2h"})
		got := first.deliver()
		first.stop()
		require.Equal(t, times[0], r.stored())
		r.store("")
		second := r.start(nil)
		require.Equal(t, sent, append(got, second.deliver()...))
		require.Contains(t, second.logs.String(), "going on from its spare, "+times[0])
		pass(time.Second)
		require.Equal(t, times[1], r.stored())
	})
}

func TestWithoutACache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(2, 10, 1000)
		r.server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 50, Then: chronicletest.Cut})
		p := r.start(settings{"start_time": "2h", "checkpoint_cache": ""})
		require.Equal(t, sent, p.deliverAll(20))
		require.Contains(t, p.logs.String(), "No checkpoint_cache is set")
	})
}

// A detection that the server sends again is dropped; one that changed under
// the same id is delivered.
func TestReplaysWithinAProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.Append([]byte(`{"id":"de_1","n":1}`), []byte(`{"id":"de_2","n":1}`))
		r.server.Append([]byte(`{"id":"de_1","n":1}`), []byte(`{"id":"de_2","n":2}`))
		r.server.Append([]byte(`{"id":"de_3","n":1}`))
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, []string{`{"id":"de_1","n":1}`, `{"id":"de_2","n":1}`, `{"id":"de_2","n":2}`, `{"id":"de_3","n":1}`}, p.deliverAll(4))
		require.EqualValues(t, 1, p.metrics.value("chronicle_duplicates_dropped"))
	})
}

// A stop ends whatever the input is doing, and leaves nothing: the bubble would
// fail over a goroutine that is left.
func TestStops(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []chronicletest.Step
		token []chronicletest.TokenStep
		set   settings
	}{
		{name: "reading"},
		{name: "blocked by the pipeline", set: settings{"checkpoint_limit": 1}},
		{name: "in the middle of a batch", steps: []chronicletest.Step{{AfterBytes: 5000, Then: chronicletest.Stall}}},
		{name: "in backoff", steps: []chronicletest.Step{{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "3000"}}}},
		{name: "signing in", token: []chronicletest.TokenStep{{Stall: true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.history(50, 10, 1000)
				r.server.Script(test.steps...)
				r.server.ScriptToken(test.token...)
				if test.set == nil {
					test.set = settings{}
				}
				test.set["start_time"] = "3h"
				p := r.start(test.set)
				pass(10 * time.Second)
				begun := time.Now()
				p.stop()
				require.Less(t, time.Since(begun), 5*time.Second)
				require.Zero(t, p.metrics.value("chronicle_connected"))
			})
		})
	}
}

func TestTwoInputsCannotShareAPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 1))
		parsed, err := inputSpec().ParseYAML("checkpoint_cache: positions", nil)
		require.NoError(t, err)
		_, err = newInput(parsed, p.res)
		require.ErrorContains(t, err, `field checkpoint_cache_key: got "chronicle_detection_alerts", which another`)

		parsed, err = inputSpec().ParseYAML("checkpoint_cache: positions\ncheckpoint_cache_key: mine", nil)
		require.NoError(t, err)
		_, err = newInput(parsed, p.res)
		require.NoError(t, err)

		// One that was closed has let its claim go.
		require.NoError(t, p.plugin.Close(t.Context()))
		parsed, err = inputSpec().ParseYAML("checkpoint_cache: positions", nil)
		require.NoError(t, err)
		_, err = newInput(parsed, p.res)
		require.NoError(t, err)
	})
}

func TestConnectionTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 1))
		for _, result := range p.plugin.ConnectionTest(t.Context()) {
			require.NoError(t, result.Err)
		}
		r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "no permission"}})
		for _, result := range p.plugin.ConnectionTest(t.Context()) {
			require.ErrorContains(t, result.Err, "403 PERMISSION_DENIED: no permission")
		}
		r.server.Script(chronicletest.Step{Body: []byte("<html>sign in</html>")})
		for _, result := range p.plugin.ConnectionTest(t.Context()) {
			require.ErrorContains(t, result.Err, "<html>sign in</html>")
		}
	})
}
