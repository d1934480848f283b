package input_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Without a start time the stream begins now. If the first attempt fails, the
// second one must not begin at a later now.
func TestFailureBeforeAnyPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		begun := time.Now()
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		rig.Pass(time.Second)
		r.Server.Append([]byte(`{"id":"de_1"}`))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
		require.Equal(t, []string{"", rig.RFC3339(begun.Add(-answer.ClockTolerance))}, r.Asked())
	})
}

// Nor must a process that is restarted during an outage. What is refused for its
// credentials is still being set up: there the start may yet be changed.
func TestGivingUpBeforeAnyPosition(t *testing.T) {
	for status, want := range map[int]string{503: rig.RFC3339(time.Date(1999, 12, 31, 23, 59, 58, 0, time.UTC)), 403: ""} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			for range 2 {
				r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status}})
			}
			p := r.Start(rig.Settings{"max_consecutive_failures": 1})
			require.Error(t, p.Ends())
			p.Stop()
			require.Equal(t, want, r.Stored())
		})
	}
}

// Neither must a stream that ends, or a process that crashes, before a position
// came.
func TestEndBeforeAnyPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		begun := time.Now()
		r.Server.Script(chronicletest.Step{AfterBytes: 10, Then: chronicletest.Cut})
		first := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		rig.Pass(time.Minute)
		require.Equal(t, rig.RFC3339(begun.Add(-answer.ClockTolerance)), r.Stored())
		first.Stop()
		r.Server.Append([]byte(`{"id":"de_1"}`))
		rig.Pass(time.Minute)
		second := r.Start(nil)
		require.Equal(t, []string{`{"id":"de_1"}`}, second.Deliver())
		require.Equal(t, []string{"", rig.RFC3339(begun.Add(-answer.ClockTolerance))}, r.Asked())
	})
}
