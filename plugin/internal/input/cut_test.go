package input_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Six thousand detections arrive once each, in order and byte for byte, though
// five connections are cut inside batches; each reconnection asks for the last
// complete batch.
func TestCutsInsideBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(12, 500, 1500)
		cut := func(afterElements, afterBytes int) chronicletest.Step {
			return chronicletest.Step{AfterElements: afterElements, AfterBytes: afterBytes, Then: chronicletest.Cut}
		}
		r.Server.Script(cut(2, 1), cut(1, 300_000), cut(0, 700_000), cut(3, 90_000), cut(1, 749_999))
		start := rig.RFC3339(time.Now().Add(-24 * time.Hour))
		p := r.Start(rig.Settings{"start_time": "24h", "max_batch_count": 200})

		require.Equal(t, sent, p.DeliverAll(len(sent)))
		require.Equal(t, []string{start, times[1], times[2], times[2], times[5], times[6]}, r.Asked())
		require.NotZero(t, p.Metrics.Value("chronicle_duplicates_dropped"), "parts of the batches that were cut came again")
		require.EqualValues(t, 6000, p.Metrics.Value("chronicle_detections"))
		require.EqualValues(t, 5, p.Metrics.Value("chronicle_reconnects", "cut"))
		synctest.Wait()
		rig.Pass(time.Second)
		require.Equal(t, times[11], r.Stored())
	})
}

// A success resets the count, and the next connection is opened at once, but
// never more than one a second.
func TestReconnectingAfterSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		for range 20 {
			r.Server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
		}
		sent, _ := r.History(21, 2, 1000)
		p := r.Start(rig.Settings{"start_time": "5h", "max_consecutive_failures": 1})
		require.Equal(t, sent, p.DeliverAll(len(sent)))
		for _, gap := range r.Gaps() {
			require.Equal(t, time.Second, gap)
		}
	})
}
