package input_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Within a window of pages all positions have the same time. That nothing is stored
// shows all the same.
func TestUncommittedWithinAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithWindow(100))
		sent, _ := r.History(5, 3, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, sent[:3], p.Deliver())
		_, ack := p.Read()
		rig.Pass(time.Hour)
		require.InDelta(t, 3600, p.Metrics.Value("chronicle_uncommitted_seconds"), 10)
		require.NoError(t, ack(t.Context(), nil))
		p.DeliverAll(9)
		rig.Pass(10 * time.Second)
		require.Zero(t, p.Metrics.Value("chronicle_uncommitted_seconds"))
	})
}
