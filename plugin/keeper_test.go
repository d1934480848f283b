package plugin

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The gauges are not set for each of the positions of a backlog, but they are
// for the last one, and from then on they follow the clock.
func TestGaugesFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1000, 1, 1000) // a minute apart, the last one 61 minutes ago
		p := r.start(settings{"start_time": "24h"})
		require.Equal(t, sent, p.deliverAll(len(sent)))
		synctest.Wait()
		require.LessOrEqual(t, p.metrics.timesSet("chronicle_lag_seconds"), 3)
		pass(gaugeInterval)
		require.InDelta(t, 61*60, p.metrics.value("chronicle_lag_seconds"), 1)
		require.LessOrEqual(t, p.metrics.timesSet("chronicle_lag_seconds"), 4)
		pass(10 * time.Second)
		require.InDelta(t, 61*60+10, p.metrics.value("chronicle_lag_seconds"), float64(tickInterval/time.Second))

		r.server.Append([]byte(`{"id":"de_1"}`))
		p.deliver()
		synctest.Wait()
		require.Less(t, p.metrics.value("chronicle_lag_seconds"), 1.0, "at once where there is no backlog")
	})
}
