package input_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Nothing is skipped before the server has taken the newer position: what it refuses
// may be something else, and then its words end the input and the position stays.
func TestSkippingIsTriedFirst(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		old := `{"continuation_time":"` + rig.RFC3339(time.Now().Add(-10*24*time.Hour)) + `"}`
		r.Store(old)
		for range 2 {
			r.Server.Script(rig.GoogleError(400, "FAILED_PRECONDITION", "The project is not properly configured.", ""))
		}
		p := r.Start(rig.Settings{"on_unresumable_position": "oldest"})
		err := p.Ends()
		require.ErrorContains(t, err, "the server answered 400 FAILED_PRECONDITION: The project is not properly configured.")
		require.NotContains(t, err.Error(), "out of reach")
		require.Len(t, r.Server.Requests(), 2)
		require.Zero(t, p.Metrics.Value("chronicle_skipped_seconds"))
		require.NotContains(t, p.Logs.String(), "is skipped")
		p.Stop()
		require.JSONEq(t, old, r.StoredJSON())
	})
}

// Nor while the server is down, nor where the process stops meanwhile.
func TestSkippingWaitsForTheServer(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		sent, _ := r.History(1, 3, 1000)
		lost := time.Now().Add(-10 * 24 * time.Hour)
		old := `{"continuation_time":"` + rig.RFC3339(lost) + `"}`
		r.Store(old)
		r.Server.Script(chronicletest.Step{}) // refused for its age by the server itself
		for range 3 {
			r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		}
		set := rig.Settings{"on_unresumable_position": "oldest"}
		p := r.Start(set)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 4))
		rig.Pass(time.Second)
		require.Zero(t, p.Metrics.Value("chronicle_skipped_seconds"))
		p.Stop()
		require.JSONEq(t, old, r.StoredJSON())

		p = r.Start(set)
		require.Equal(t, sent, p.Deliver())
		require.InDelta(t, (3*24*time.Hour + time.Minute).Seconds(), p.Metrics.Value("chronicle_skipped_seconds"), 60)
		require.Contains(t, p.Logs.String(), "is skipped")
		rig.Pass(time.Second)
		require.Greater(t, r.Stored(), rig.RFC3339(lost))
	})
}

// The newer position is stored once the server has taken it, though nothing comes from
// there on: a restart does not skip once more.
func TestSkippedSpanIsStored(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Store(positionAgo(10 * day))
		set := rig.Settings{"on_unresumable_position": "oldest"}
		p := r.Start(set)
		rig.Pass(time.Minute)
		require.Contains(t, p.Logs.String(), "is skipped")
		taken := r.Server.Requests()[1]
		require.Equal(t, taken.ContinuationTime+taken.PageStartTime, r.Stored())
		p.Stop()

		p = r.Start(set)
		rig.Pass(time.Minute)
		require.NotContains(t, p.Logs.String(), "is skipped")
	})
}
