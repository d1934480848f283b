package input_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A day and a half is caught up with in some twenty minutes. The log tells how
// far there is to go at first every minute, later less often, and the end once.
func TestProgressOfACatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		g := chronicletest.NewGenerator(1)
		begin := time.Now().Add(-36 * time.Hour)
		const batches, each = 432, 10
		for i := range batches { // one every five minutes
			r.Server.AppendAt(begin.Add(time.Duration(i+1)*5*time.Minute), g.Detections(each, 1000)...)
		}
		// Some 10 kB a batch, 3 s each.
		r.Server.Script(chronicletest.Step{ChunkBytes: 1000, ChunkDelay: 300 * time.Millisecond})
		p := r.Start(rig.Settings{"start_time": "36h"})
		p.DeliverAll(batches * each)
		rig.Pass(3 * time.Hour)
		rig.Golden(t, "progress.log", p.Logs.Told(t))
	})
}

// Nothing is said where there is nothing to catch up with, or not for long: a
// recent start, a quiet account whose position grows old, a restart of one.
func TestNoProgressToTell(t *testing.T) {
	for _, test := range []struct {
		name, start string
		detections  int
	}{
		{"recent start", "9m", 10},
		{"quickly done", "48h", 10},
		{"quiet since long", "48h", 0},
		{"now", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				if test.detections > 0 {
					r.Server.AppendAt(time.Now().Add(-time.Minute), chronicletest.NewGenerator(1).Detections(test.detections, 1000)...)
				}
				p := r.Start(rig.Settings{"start_time": test.start})
				p.DeliverAll(test.detections)
				rig.Pass(3 * time.Hour)
				lines := p.Logs.Above()
				require.Len(t, lines, 2)
				require.Contains(t, lines[0], "Reading begins ")
				require.Contains(t, lines[1], "is now active")
			})
		})
	}
}
