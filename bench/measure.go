package main

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// A measurement is one setup that read one load.
type measurement struct {
	setup setup
	load  load
	// What it took, each figure the median of the repetitions.
	usage
	// Bytes that were sent.
	Bytes int
}

// mbps is how many megabytes came through a second.
func (m measurement) mbps() float64 { return float64(m.Bytes) / 1e6 / m.Seconds }

func (m measurement) peakMB() float64 { return float64(m.Peak) / 1e6 }

// A bencher measures.
type bencher struct {
	binary      string
	repetitions int
	progress    func(format string, args ...any)
}

// measure lets each setup read the load. All of them take turns, so that what
// else the machine does meets them alike.
func (b *bencher) measure(ctx context.Context, l load, setups ...setup) ([]measurement, error) {
	backlog := newBacklog(l)
	all := make([][]usage, len(setups))
	for range b.repetitions {
		for i, s := range setups {
			u, err := b.once(ctx, backlog, s)
			if err != nil {
				return nil, fmt.Errorf("measuring %s, %s: %w", s.contender, l, err)
			}
			all[i] = append(all[i], u)
			b.progress("%-5s to %-4s over %-17s %s: %.3f s, %.2f s of CPU, %s", s.contender, s.sink, s.protocol, l, u.Seconds, u.CPU, size(u.Peak))
		}
	}
	measured := make([]measurement, len(setups))
	for i, s := range setups {
		measured[i] = measurement{setup: s, load: l, usage: medians(all[i]), Bytes: backlog.bytes}
	}
	return measured, nil
}

func (b *bencher) once(ctx context.Context, backlog *backlog, s setup) (usage, error) {
	dir, err := os.MkdirTemp("", "chronicle-connect-bench-")
	if err != nil {
		return usage{}, err
	}
	defer os.RemoveAll(dir)
	from, err := serve(backlog, s.protocol, dir)
	if err != nil {
		return usage{}, err
	}
	defer from.close()
	c, err := s.prepare(b.binary, from, dir)
	if err != nil {
		return usage{}, err
	}
	return c.run(ctx, from)
}

func medians(all []usage) usage {
	return usage{
		Seconds: median(all, func(u usage) float64 { return u.Seconds }),
		CPU:     median(all, func(u usage) float64 { return u.CPU }),
		Peak:    int(median(all, func(u usage) float64 { return float64(u.Peak) })),
	}
}

func median(all []usage, figure func(usage) float64) float64 {
	figures := make([]float64, len(all))
	for i, u := range all {
		figures[i] = figure(u)
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}
