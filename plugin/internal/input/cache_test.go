package input_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Whatever is acknowledged between two writes goes into one.
func TestPositionsAreWrittenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(500, 1, 1000)
		p := r.Start(rig.Settings{"start_time": "12h"})
		p.DeliverAll(len(sent))
		rig.Pass(time.Minute)
		require.Equal(t, times[499], r.Stored())
		require.EqualValues(t, 2, p.Metrics.Value("chronicle_checkpoint_writes"), "of the start and of all that came, not one a message")
		require.Equal(t, 4, r.Cache.Writes(), "each with its spare")
	})
}

// A cache that fails is logged, counted and tried again; delivery goes on.
func TestCacheFailsWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(5, 10, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		got := p.Deliver()
		rig.Pass(time.Second)
		r.Cache.Fail(errors.New("disk full"))
		got = append(got, p.DeliverAll(40)...)
		require.Equal(t, sent, got)
		rig.Pass(time.Minute)
		require.Equal(t, times[0], r.Stored())
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_checkpoint_failures"), 2.0)
		require.Greater(t, p.Metrics.Value("chronicle_uncommitted_seconds"), 200.0)
		require.Contains(t, p.Logs.String(), "storing the position in the cache positions: disk full")
		r.Cache.Fail(nil)
		rig.Pass(time.Minute)
		require.Equal(t, times[4], r.Stored())
		require.Zero(t, p.Metrics.Value("chronicle_uncommitted_seconds"))
	})
}

// A cache that is down at the start is tried again. Beginning without it would
// skip what the stored position stands for.
func TestCacheDownAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(2, 10, 1000)
		r.Store(fmt.Sprintf(`{"continuation_time":%q}`, times[0]))
		r.Cache.Fail(errors.New("connection refused"))
		p := r.Start(nil)
		rig.Pass(5 * time.Second)
		require.Empty(t, r.Asked())
		require.Contains(t, p.Logs.String(), "reading the position in the cache positions: connection refused")
		r.Cache.Fail(nil)
		require.Equal(t, sent[10:], p.Deliver())
	})
}

// A start that is now is when the input was created, though a cache that is down
// holds it up.
func TestCacheDownAtAStartThatIsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Cache.Fail(errors.New("connection refused"))
		p := r.Start(nil)
		rig.Pass(5 * time.Second)
		r.Server.Append([]byte(`{"id":"de_1"}`))
		rig.Pass(time.Second)
		r.Cache.Fail(nil)
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
	})
}

func TestStoredPositionIsCorrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Store("yesterday")
		p := r.Start(nil)
		require.ErrorContains(t, p.Ends(), `reading the position in the cache positions: the value of key chronicle_detection_alerts: got "yesterday", want JSON`)
		require.Empty(t, r.Asked())
	})
}

// A machine that stops while the file cache writes leaves an empty file.
func TestStoredPositionIsTorn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(2, 10, 1000)
		first := r.Start(rig.Settings{"start_time": "2h"})
		got := first.Deliver()
		first.Stop()
		require.Equal(t, times[0], r.Stored())
		r.Store("")
		second := r.Start(nil)
		require.Equal(t, sent, append(got, second.Deliver()...))
		require.Contains(t, second.Logs.String(), "going on from its spare, "+times[0])
		rig.Pass(time.Second)
		require.Equal(t, times[1], r.Stored())
	})
}
