package input_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The gauges are not set for each of the positions of a backlog, but they are
// for the last one, and from then on they follow the clock.
func TestGaugesFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1000, 1, 1000) // a minute apart, the last one 61 minutes ago
		p := r.Start(rig.Settings{"start_time": "24h"})
		require.Equal(t, sent, p.DeliverAll(len(sent)))
		synctest.Wait()
		require.LessOrEqual(t, p.Metrics.TimesSet("chronicle_lag_seconds"), 3)
		rig.Pass(100 * time.Millisecond)
		require.InDelta(t, 61*60, p.Metrics.Value("chronicle_lag_seconds"), 1)
		require.LessOrEqual(t, p.Metrics.TimesSet("chronicle_lag_seconds"), 4)
		rig.Pass(10 * time.Second)
		require.InDelta(t, 61*60+10, p.Metrics.Value("chronicle_lag_seconds"), 5)

		r.Server.Append([]byte(`{"id":"de_1"}`))
		p.Deliver()
		synctest.Wait()
		require.Less(t, p.Metrics.Value("chronicle_lag_seconds"), 1.0, "at once where there is no backlog")
	})
}

// While nothing is stored, what is not stored counts from where reading began.
func TestGaugesBeforeAnyPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		for range 5 {
			r.Server.Script(refuseAt(401, 0))
		}
		p := r.Start(rig.Settings{"start_time": "2h"})
		rig.Pass(10 * time.Second)
		require.Zero(t, p.Metrics.Value("chronicle_uncommitted_seconds"))
		require.InDelta(t, 2*60*60+10, p.Metrics.Value("chronicle_lag_seconds"), 5)
	})
}
