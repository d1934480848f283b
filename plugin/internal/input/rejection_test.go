package input_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A rejected message comes again, and holds back the position meanwhile.
func TestNacksAreReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(1, 10, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		_, ack := p.Read()
		require.NoError(t, ack(t.Context(), errors.New("output down")))
		rig.Pass(time.Minute)
		require.NotEqual(t, times[0], r.Stored())
		require.Equal(t, sent, p.Deliver())
		rig.Pass(time.Minute)
		require.Equal(t, times[0], r.Stored())
		require.Zero(t, p.Metrics.Value("chronicle_rejected"))
	})
}

func TestNacksWithoutReplayAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		_, times := r.History(2, 10, 1000)
		p := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": false})
		_, ack := p.Read()
		require.NoError(t, ack(t.Context(), errors.New("output down")))
		rig.Pass(time.Minute)
		require.Equal(t, times[0], r.Stored())
		require.EqualValues(t, 10, p.Metrics.Value("chronicle_rejected"))
		p.Deliver()
	})
}
