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
	r := NewReplays(3)
	require.Equal(t, []string{"a1", "b1"}, r.handedOn("a1", "b1"))
	require.Equal(t, []string{"c1"}, r.handedOn("a1", "b1", "c1"))
	require.Equal(t, []string{"a2"}, r.handedOn("a2", "c1"), "what changed under the same id is no repeat")
	require.Equal(t, []string{"a1"}, r.handedOn("a1", "a2"), "only the last three are dropped")
}

// What is not dropped is known all the same: nothing new came with it.
func TestReplaysKnowsMoreThanItDrops(t *testing.T) {
	for _, window := range []int{0, 1} {
		r := NewReplays(window)
		for range 3 {
			for _, id := range []string{"a", "b", ""} {
				repeat, isNew := r.Look(id, []byte("detection "+id))
				require.False(t, repeat)
				require.Equal(t, r.count <= 3, isNew)
			}
		}
	}
}

func TestReplaysForgetsTheOldest(t *testing.T) {
	r := NewReplays(0)
	look := func(i int) (isNew bool) {
		_, isNew = r.Look(fmt.Sprint(i), nil)
		return isNew
	}
	for i := range leastRemembered {
		require.True(t, look(i))
	}
	require.False(t, look(0), "and it is the newest now")
	require.True(t, look(leastRemembered))
	require.False(t, look(0))
	require.True(t, look(1), "which was the oldest")
	require.LessOrEqual(t, len(r.seen), leastRemembered)
}

// A whole batch of the largest size that is sent again is recognised.
func TestReplaysWindow(t *testing.T) {
	r := NewReplays(10000)
	for _, again := range []bool{false, true} {
		for i := range 10000 {
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
