package input_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Each start says in one line where reading goes on, and why there.
func TestStartSaysWhereReadingGoesOn(t *testing.T) {
	for _, test := range []struct {
		name   string
		stored bool
		start  string
		want   string // a %s is the place
	}{
		{"now", false, "", "Reading begins now: no position is stored"},
		{"start_time", false, "2h", "Reading begins at 1999-12-31T22:00:00.000000Z, by start_time: no position is stored"},
		{"a stored position", true, "", "Reading goes on from the stored position, 1999-12-31T21:00:00.000000Z\""},
		{"a stored position, whatever start_time says", true, "2h", "Reading goes on from the stored position, 1999-12-31T21:00:00.000000Z; start_time has no effect"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				if test.stored {
					r.Store(`{"continuation_time":"` + rig.RFC3339(time.Now().Add(-3*time.Hour)) + `"}`)
				}
				p := r.Start(rig.Settings{"start_time": test.start})
				rig.Pass(time.Hour)
				lines := p.Logs.Above()
				require.Contains(t, lines[0], test.want)
				require.Len(t, lines, 2, "and nothing else, but for Benthos' own line")
			})
		})
	}
}
