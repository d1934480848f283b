package input_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

func TestRestartResumesFromTheStoredPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(3, 10, 1000)
		first := r.Start(rig.Settings{"start_time": "2h"})
		got := append(first.Deliver(), first.Deliver()...)
		first.Stop()
		require.Equal(t, times[1], r.Stored())

		second := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, sent, append(got, second.Deliver()...))
		require.Equal(t, times[1], r.Asked()[1])
	})
}

// Batch 2 is acknowledged before batch 1, then the process crashes.
func TestPositionStaysBehindTheUnacknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(3, 10, 1000)
		start := rig.RFC3339(time.Now().Add(-2 * time.Hour))
		first := r.Start(rig.Settings{"start_time": "2h"})
		_, ack1 := first.Read()
		_, ack2 := first.Read()
		require.NoError(t, ack2(t.Context(), nil))
		rig.Pass(time.Minute)
		require.Equal(t, start, r.Stored(), "as if nothing was delivered")
		require.NoError(t, ack1(t.Context(), nil))
		rig.Pass(time.Minute)
		require.Equal(t, times[1], r.Stored())
		_, _ = first.Read()
		first.Stop()

		second := r.Start(nil)
		require.Equal(t, sent[20:], second.Deliver())
	})
}

// An acknowledgement of an earlier connection counts for what it acknowledges.
func TestAcksOfAnEarlierConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		_, times := r.History(2, 10, 1000)
		r.Server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
		p := r.Start(rig.Settings{"start_time": "2h"})
		_, early := p.Read()
		p.Deliver() // over the second connection
		rig.Pass(time.Minute)
		require.NotContains(t, times, r.Stored())
		require.NoError(t, early(t.Context(), nil))
		rig.Pass(time.Minute)
		require.Equal(t, times[1], r.Stored())
	})
}

func TestWithoutACache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(2, 10, 1000)
		r.Server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 50, Then: chronicletest.Cut})
		p := r.Start(rig.Settings{"start_time": "2h", "checkpoint_cache": ""})
		require.Equal(t, sent, p.DeliverAll(20))
		require.Contains(t, p.Logs.String(), "Neither checkpoint_dir nor checkpoint_cache is set")
	})
}
