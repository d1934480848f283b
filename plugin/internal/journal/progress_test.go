package journal

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressLines(t *testing.T) {
	begin := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	// A step is what was read since the step before, and what is said then.
	type step struct {
		after      time.Duration
		position   time.Duration // that it moved on by
		detections int
		heartbeat  bool
		want       string
	}
	for _, test := range []struct {
		name   string
		behind time.Duration
		steps  []step
		end    time.Duration // before the beginning; 0 for none
	}{
		{"within one window", 10 * time.Hour, []step{
			{after: 31 * time.Second, detections: 3100, want: "Catching up: 10h1m behind, 100 detections/s, inside one batch or window so far"},
			{after: time.Minute, position: 10 * time.Hour, want: "Caught up after 1m31s: 3100 detections since 2026-03-10T02:00:00.000000Z were read"},
		}, 0},
		{"slower than real time", time.Hour, []step{
			{after: time.Minute, position: 30 * time.Second, detections: 6, want: "Catching up: 1h1m behind, 0.1 detections/s at 0.5 × real time, which is not enough"},
			{after: time.Minute, position: 30 * time.Second, detections: 6, want: "Catching up: 1h1m behind, 0.1 detections/s at 0.5 × real time, which is not enough"},
			{after: time.Minute, position: 30 * time.Second, detections: 6},
			{after: time.Minute, position: 30 * time.Second, detections: 6, want: "Catching up: 1h2m behind, 0.1 detections/s at 0.5 × real time, which is not enough"},
			{after: 3 * time.Minute},
			{after: time.Minute, want: "Catching up: 1h6m behind, nothing was read in the last 4m0s"},
			{after: 7 * time.Minute},
			{after: time.Minute, want: "Catching up: 1h14m behind, nothing was read in the last 8m0s"},
		}, 0},
		{"hardly faster than real time", 2 * time.Hour, []step{
			{after: time.Minute, position: time.Minute + time.Nanosecond, detections: 6, want: "Catching up: 2h0m behind, 0.1 detections/s at 1.0 × real time, which is not enough"},
		}, 0},
		{"heartbeats after the last batch", 5 * time.Hour, []step{
			{after: time.Minute, position: 3 * time.Hour, detections: 60, want: "Catching up: 2h1m behind, 1.0 detections/s at 180 × real time, caught up in about 41s"},
			{after: 2 * time.Minute, heartbeat: true, want: "Catching up: 2h3m behind, nothing was read in the last 2m0s"},
			{after: time.Minute, heartbeat: true, want: "Nothing but heartbeats has come for 3m0s: there is nothing left to catch up with since 2026-03-10T10:00:00.000000Z"},
			{after: 10 * time.Hour, heartbeat: true},
			{after: time.Minute, position: 14 * time.Hour, detections: 1},
		}, 0},
		{"behind again", 5 * time.Hour, []step{
			{after: time.Minute, position: 299 * time.Minute, detections: 1},
			{after: 4 * time.Hour, position: time.Hour, detections: 1},
			{after: time.Minute, position: time.Hour, detections: 1, want: "Catching up: 2h3m behind, 0.0 detections/s at 60 × real time, caught up in about 2m5s"},
		}, 0},
		{"ten minutes on", 100 * time.Hour, []step{
			{after: 10 * time.Minute, position: 10 * time.Hour, detections: 6000, want: "Catching up: 90h10m behind, 10 detections/s at 60 × real time, caught up in about 1h32m"},
			{after: 9 * time.Minute, position: 10 * time.Hour, detections: 6000},
			{after: time.Minute, want: "Catching up: 80h20m behind, 10 detections/s at 60 × real time, caught up in about 1h22m"},
		}, 0},
		{"up to an end", 700 * time.Hour, []step{
			{after: time.Minute, position: 100 * time.Hour, detections: 600, want: "Reading up to 2026-02-28T12:00:00.000000Z: 360h0m left, 10 detections/s at 6000 × real time, done in about 3m36s"},
			{after: time.Minute, position: 30 * time.Second, want: "Reading up to 2026-02-28T12:00:00.000000Z: 360h0m left, 0.0 detections/s at 0.5 × real time, done in about 719h59m"},
			{after: 2 * time.Minute, want: "Reading up to 2026-02-28T12:00:00.000000Z: 360h0m left, nothing was read in the last 2m0s"},
			{after: time.Minute, position: 359 * time.Hour, detections: 1},
			{after: time.Minute, position: time.Hour - 30*time.Second},
			{after: 10 * time.Hour},
		}, 240 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p Progress
			if test.end > 0 {
				p.End = begin.Add(-test.end)
			}
			now, at := begin, begin.Add(-test.behind)
			p.Moved(now, at)
			for i, step := range test.steps {
				now = now.Add(step.after)
				if step.detections > 0 {
					p.Read(now, step.detections)
				}
				if step.heartbeat {
					p.Beat(now)
				}
				at = at.Add(step.position)
				p.Moved(now, at)
				require.Equal(t, step.want, p.Line(now), "step %d", i)
			}
		})
	}
}

// What is skipped was not read fast.
func TestProgressOfASkip(t *testing.T) {
	begin := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	var p Progress
	p.Moved(begin, begin.Add(-240*time.Hour))
	p.Jumped(begin.Add(time.Second), begin.Add(-168*time.Hour))
	p.Read(begin.Add(time.Minute), 60)
	p.Moved(begin.Add(time.Minute), begin.Add(-158*time.Hour))
	require.Equal(t, fmt.Sprintf("Catching up: 158h1m behind, %s detections/s at 600 × real time, caught up in about 15m50s", rate(1)), p.Line(begin.Add(time.Minute)))
}
