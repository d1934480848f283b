package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// An idling is what a pipeline takes while nothing comes but heartbeats.
type idling struct {
	Seconds  float64
	CPU      float64 // seconds
	Switches int     // of its threads, to waiting: how often it woke up
}

// idleFor is how long idling is watched.
const idleFor = 30 * time.Second

func (b *bencher) idle(ctx context.Context) (i idling, err error) {
	dir, err := os.MkdirTemp("", "chronicle-connect-bench-")
	if err != nil {
		return i, err
	}
	defer os.RemoveAll(dir)
	from, err := serve(newBacklog(load{Total: 1e6, Detection: 4000, Batch: 100}), http1, dir)
	if err != nil {
		return i, err
	}
	defer from.close()
	c, err := setup{contender: ours, sink: toDrop, stores: true, protocol: http1}.prepare(b.binary, from, dir)
	if err != nil {
		return i, err
	}
	err = c.with(ctx, func(p *running) error {
		if _, err := p.delivered(ctx, from.backlog.detections); err != nil {
			return err
		}
		time.Sleep(2 * time.Second) // what the backlog left behind: a position to store, garbage
		before, err := threads(p.pid())
		if err != nil {
			return err
		}
		time.Sleep(idleFor)
		after, err := threads(p.pid())
		i = idling{idleFor.Seconds(), after.cpu - before.cpu, after.switches - before.switches}
		return err
	})
	b.progress("idle for %.0f s: %.3f s of CPU, woken %d times", i.Seconds, i.CPU, i.Switches)
	return i, err
}

// A tally is what the threads of a process have done so far.
type tally struct {
	cpu      float64 // seconds
	switches int
}

// threads asks for each thread, since the kernel keeps no sum of the switches.
func threads(pid int) (sum tally, err error) {
	root := fmt.Sprintf("/proc/%d/task", pid)
	entries, err := os.ReadDir(root)
	if err != nil {
		return sum, err
	}
	for _, entry := range entries {
		schedule, err := os.ReadFile(root + "/" + entry.Name() + "/schedstat")
		if err != nil {
			return sum, err
		}
		var ran, waited, slices int64 // in nanoseconds, the first two
		if _, err := fmt.Sscan(string(schedule), &ran, &waited, &slices); err != nil {
			return sum, fmt.Errorf("reading the schedule of thread %s: %w", entry.Name(), err)
		}
		sum.cpu += float64(ran) / 1e9
		status, err := os.ReadFile(root + "/" + entry.Name() + "/status")
		if err != nil {
			return sum, err
		}
		for line := range strings.Lines(string(status)) {
			var n int
			if _, err := fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &n); err == nil {
				sum.switches += n
			}
		}
	}
	return sum, nil
}
