package proofs_test

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// After a thousand reconnections for every kind of reason there are as many
// goroutines as at the start, and one stream. That none is left after the stop
// is what the bubble checks.
func TestAThousandReconnectionsLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const reconnections = 1000
		r := rig.New(t)
		sent, _ := r.History(40, 5, 1000)
		random := rand.New(rand.NewPCG(1, reconnections))
		kinds := []chronicletest.Step{
			{AfterElements: 1, AfterBytes: 2000, Then: chronicletest.Cut},
			{AfterBytes: 100, Then: chronicletest.Cut},
			{AfterBytes: 100, Then: chronicletest.Stall},
			{Then: chronicletest.Fail},
			{Then: chronicletest.End},
			{Body: []byte("<html>"), Then: chronicletest.Stall},
			{Refuse: &chronicletest.Refusal{Status: 503}},
			{Refuse: &chronicletest.Refusal{Status: 401}},
		}
		for range reconnections {
			r.Server.Script(kinds[random.IntN(len(kinds))])
		}
		p := r.Start(rig.Settings{
			"start_time": "12h", "idle_timeout": "5s", "max_consecutive_failures": 0,
			"backoff": rig.Settings{"initial_interval": "1ms", "max_interval": "1ms"},
		})
		require.Equal(t, sent, p.DeliverAll(len(sent)))
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 100))
		synctest.Wait()
		before := runtime.NumGoroutine()
		require.NoError(t, r.Server.WaitForRequests(t.Context(), reconnections+1))
		rig.Pass(time.Second)
		require.InDelta(t, before, runtime.NumGoroutine(), 10)
		require.Equal(t, 1, r.Server.OpenStreams())
	})
}

// A pipeline that stalls for a minute costs no more memory than what is in
// flight and what is read ahead, however much a fast server has to send.
func TestAStalledPipelineCostsNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.History(20, 1000, 4000) // 80 MB
		heap := func() int64 {
			runtime.GC()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return int64(stats.HeapAlloc)
		}
		before := heap()
		p := r.Start(rig.Settings{"start_time": "2h", "checkpoint_limit": 1000})
		_, _ = p.Read()
		rig.Pass(time.Minute)
		require.Less(t, heap()-before, int64(24<<20), "three pieces of 4 MB, and the half that a block may be empty")
		require.Len(t, r.Asked(), 1)
	})
}
