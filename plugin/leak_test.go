package plugin

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// After a thousand reconnections for every kind of reason there are as many
// goroutines as at the start, and one stream. That none is left after the stop
// is what the bubble checks.
func TestAThousandReconnectionsLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const reconnections = 1000
		r := newRig(t)
		sent, _ := r.history(40, 5, 1000)
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
			r.server.Script(kinds[random.IntN(len(kinds))])
		}
		p := r.start(settings{
			"start_time": "12h", "idle_timeout": "5s", "max_consecutive_failures": 0,
			"backoff": settings{"initial_interval": "1ms", "max_interval": "1ms"},
		})
		require.Equal(t, sent, p.deliverAll(len(sent)))
		require.NoError(t, r.server.WaitForRequests(t.Context(), 100))
		synctest.Wait()
		before := runtime.NumGoroutine()
		require.NoError(t, r.server.WaitForRequests(t.Context(), reconnections+1))
		pass(time.Second)
		require.InDelta(t, before, runtime.NumGoroutine(), 10)
		require.Equal(t, 1, r.server.OpenStreams())
	})
}

// A pipeline that stalls for a minute costs no more memory than what is in
// flight and what is read ahead, however much a fast server has to send.
func TestAStalledPipelineCostsNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.history(20, 1000, 4000) // 80 MB
		heap := func() int64 {
			runtime.GC()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return int64(stats.HeapAlloc)
		}
		before := heap()
		p := r.start(settings{"start_time": "2h", "checkpoint_limit": 1000})
		_, _ = p.read()
		pass(time.Minute)
		require.Less(t, heap()-before, int64(24<<20), "three pieces of 4 MB, and the half that a block may be empty")
		require.Len(t, r.asked(), 1)
	})
}
