package chronicle

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A timer that fires while it is reset is stale: what it was set for has come.
func TestStaleTimersEndNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := newSilenceTimer(Timeouts{Idle: Timeout{Limit: time.Minute, Origin: "idle"}}, cancel)
		require.NoError(t, s.tooQuiet())
		s.start()
		require.NoError(t, s.tooQuiet())
		require.NoError(t, s.tooBarren())
		s.stop()
		time.Sleep(time.Hour)
		require.NoError(t, s.tooQuiet())
		require.NoError(t, s.tooBarren())
		require.NoError(t, context.Cause(ctx))
	})
}
