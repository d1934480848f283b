package input_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A stop at which the last position cannot be stored says so, and only such a stop: what
// was delivered since the stored one comes again after the restart.
func TestLastPositionIsNotStored(t *testing.T) {
	for name, failure := range map[string]error{"a cache that fails": errors.New("disk full"), "a cache that works": nil} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const abandoned = "the last position is not stored, so what was delivered since the one before comes again"
				r := rig.New(t)
				sent, times := r.History(2, 1, 1000)
				p := r.Start(rig.Settings{"start_time": "2h"})
				p.Deliver()
				rig.Pass(time.Second)
				require.Equal(t, times[0], r.Stored())
				p.Deliver()
				r.Cache.Fail(failure)
				p.StopAfterAcks()
				r.Cache.Fail(nil)
				if failure == nil {
					require.Equal(t, times[1], r.Stored())
					require.NotContains(t, p.Logs.String(), abandoned)
					return
				}
				require.Equal(t, times[0], r.Stored())
				require.Contains(t, p.Logs.String(), "storing the position in the cache positions: disk full; "+abandoned)
				require.Equal(t, sent[1:], r.Start(nil).Deliver())
			})
		})
	}
}
