package input_test

import (
	"testing"
	"testing/synctest"

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
