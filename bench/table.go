package main

import (
	"fmt"
	"strings"
)

// table writes measurements as a Markdown table. rows of one load stand
// together, each beside the drain of the same load, which is their first.
func table(measured []measurement) string {
	var t strings.Builder
	t.WriteString("| backlog | over | reader | to | seconds | of drain | MB/s | CPU seconds | peak MB |\n")
	t.WriteString("| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |\n")
	drained := 0.0
	for _, m := range measured {
		ratio, peak := "", ""
		if m.setup.contender == drain {
			drained = m.Seconds
		}
		if drained > 0 {
			ratio = fmt.Sprintf("%.1f ×", m.Seconds/drained)
		}
		if m.Peak > 0 {
			peak = fmt.Sprintf("%.0f", m.peakMB())
		}
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %.3f | %s | %.0f | %.2f | %s |\n",
			m.load, m.setup.protocol, m.setup.contender, m.setup.destination(), m.Seconds, ratio, m.mbps(), m.CPU, peak)
	}
	return t.String()
}

func (s setup) destination() string {
	if s.contender == drain {
		return "/dev/null"
	}
	if s.stores {
		return string(s.sink) + ", storing the position"
	}
	return string(s.sink)
}

// A goal is a ratio that was aimed at.
type goal struct {
	what string
	want float64 // at most
	got  float64
}

func (g goal) met() bool { return g.got <= g.want }

func (r *result) goals() []goal {
	find := func(from []measurement, c contender, s sink) measurement {
		for _, m := range from {
			if m.setup.contender == c && m.setup.sink == s {
				return m
			}
		}
		return measurement{}
	}
	peak := func(batch int) float64 {
		for _, m := range r.batches {
			if m.setup.contender == ours && m.load.Batch == batch {
				return m.peakMB()
			}
		}
		return 0
	}
	toFileOurs, toFileStock, toFileAlike := find(r.sides, ours, toFile), find(r.sides, stock, toFile), find(r.sides, alike, toFile)
	return []goal{
		{"time to drop, of that to drain", 2.5, find(r.sides, ours, toDrop).Seconds / find(r.sides, drain, toDrop).Seconds},
		{"time to a file, of that of the stock pipeline", 0.1, toFileOurs.Seconds / toFileStock.Seconds},
		{"the same, of one that reads the metadata and drops repeats too", 0.1, toFileOurs.Seconds / toFileAlike.Seconds},
		{"memory to a file, of that of the stock pipeline", 0.1, toFileOurs.peakMB() / toFileStock.peakMB()},
		{"peak memory at 10,000 detections a batch, of that at 100", 1.3, peak(10_000) / peak(100)},
		{"the same in MB", 150, peak(10_000)},
		{"time with the position stored, one detection a batch, of that without", 1.02, r.storing[1].Seconds / r.storing[0].Seconds},
	}
}

func goalTable(goals []goal) string {
	var t strings.Builder
	t.WriteString("| goal | at most | measured | |\n| --- | ---: | ---: | --- |\n")
	for _, g := range goals {
		verdict := "met"
		if !g.met() {
			verdict = "missed"
		}
		fmt.Fprintf(&t, "| %s | %g | %.3g | %s |\n", g.what, g.want, g.got, verdict)
	}
	return t.String()
}
