package input_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

func TestTwoInputsCannotShareAPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		parsed, err := settings.Spec().ParseYAML("checkpoint_cache: positions", nil)
		require.NoError(t, err)
		_, err = input.New(parsed, p.Res, input.Host{})
		require.ErrorContains(t, err, `field checkpoint_cache_key: got "chronicle_detection_alerts", which another`)

		parsed, err = settings.Spec().ParseYAML("checkpoint_cache: positions\ncheckpoint_cache_key: mine", nil)
		require.NoError(t, err)
		_, err = input.New(parsed, p.Res, input.Host{})
		require.NoError(t, err)

		// One that was closed has let its claim go.
		require.NoError(t, p.Plugin.Close(t.Context()))
		parsed, err = settings.Spec().ParseYAML("checkpoint_cache: positions", nil)
		require.NoError(t, err)
		_, err = input.New(parsed, p.Res, input.Host{})
		require.NoError(t, err)
	})
}

// That another process has the same key can't be known before it stores something.
// Then it is said, and again ten minutes later, and each position counts.
func TestAnotherProcessStoresUnderTheSameKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.History(3, 1, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		p.Deliver()
		rig.Pass(time.Second)
		require.Zero(t, p.Metrics.Value("chronicle_foreign_positions"))
		for i := range 2 {
			r.Store(fmt.Sprintf(`{"continuation_time":"2026-01-01T00:00:0%dZ"}`, i))
			p.Deliver()
			rig.Pass(time.Second)
		}
		require.EqualValues(t, 2, p.Metrics.Value("chronicle_foreign_positions"))
		const told = `Another process stores its position under key \"chronicle_detection_alerts\" of cache positions: found 2026-01-01T00:00:00Z`
		require.Equal(t, 1, strings.Count(p.Logs.String(), told))
		require.Equal(t, 1, strings.Count(p.Logs.String(), "Another process stores"))
	})
}
