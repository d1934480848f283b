package position

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// handedOn are those of some detections that are no repeats. Their first letter is
// their id.
func (r *Replays) handedOn(detections ...string) (handedOn []string) {
	for _, d := range detections {
		if repeat, _ := r.Look(d[:1], []byte(d)); !repeat {
			handedOn = append(handedOn, d)
		}
	}
	return handedOn
}

func TestReplays(t *testing.T) {
	r := NewReplays(1)
	r.size = 3
	require.Equal(t, []string{"a1", "b1"}, r.handedOn("a1", "b1"))
	require.Equal(t, []string{"c1"}, r.handedOn("a1", "b1", "c1"))
	require.Equal(t, []string{"a2"}, r.handedOn("a2", "c1"), "what changed under the same id is no repeat")
	require.Equal(t, []string{"a1"}, r.handedOn("a1", "a2"), "the oldest of four is forgotten")
	require.Len(t, r.seen, 3)
}

// What has no id, and what is not to be dropped, is known all the same: nothing new
// came with it.
func TestReplaysKnowsMoreThanItDrops(t *testing.T) {
	for _, window := range []int{0, 1} {
		r := NewReplays(window)
		for round := range 3 {
			for _, id := range []string{"a", ""} {
				repeat, isNew := r.Look(id, []byte("detection "+id))
				require.Equal(t, window > 0 && id != "" && round > 0, repeat)
				require.Equal(t, round == 0, isNew)
			}
		}
	}
}

// A search goes by ids, those that a stream brought before among them, and forgets with
// the rest.
func TestReplaysOfStreamAndSearchInTurns(t *testing.T) {
	r := NewReplays(1)
	r.size = 3
	require.Equal(t, []string{"a1", "b1"}, r.handedOn("a1", "b1"))
	for range 2 {
		repeat, isNew := r.LookByID("a", []byte("other bytes"))
		require.True(t, repeat)
		require.False(t, isNew)
		for range 2 {
			repeat, isNew = r.LookByID("", []byte("no id"))
			require.False(t, repeat)
			require.True(t, isNew)
		}
		require.Equal(t, map[uint64]int{r.order[0].id: 1, r.order[1].id: 1, r.order[2].id: 1}, r.ids)
		require.Empty(t, r.handedOn("a1"), "a stream goes by the bytes as well")
		require.Nil(t, r.ids)
	}
	require.Equal(t, []string{"c1"}, r.handedOn("c1"))
	repeat, isNew := r.LookByID("a", []byte("a1"))
	require.False(t, repeat, "the oldest of four is forgotten")
	require.True(t, isNew)
}

// Three whole batches of the largest size that are sent again are recognised.
func TestReplaysWindow(t *testing.T) {
	r := NewReplays(10000)
	for _, again := range []bool{false, true} {
		for i := range 30000 {
			id := fmt.Sprint(i)
			repeat, isNew := r.Look(id, []byte("detection "+id))
			require.Equal(t, again, repeat)
			require.Equal(t, !again, isNew)
		}
	}
}

// BenchmarkReplays says how much memory a window of a million takes.
func BenchmarkReplays(b *testing.B) {
	const window = 1_000_000
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := NewReplays(window)
		for i := range 2 * window {
			r.Look(fmt.Sprint(i), nil)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(r)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
}
