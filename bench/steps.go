package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/benchmark/parse"
)

// A step is what the plugin's benchmark says of one step of the input, which
// does what the one before does and more.
type step struct {
	name string
	// What it takes, for the whole backlog of the benchmark: the fastest run, as
	// whatever else the machine does only makes it slower.
	seconds     float64
	mbps        float64
	allocations uint64
}

// steps runs the plugin's benchmark.
func (b *bencher) steps(ctx context.Context) (steps []step, err error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^BenchmarkInput$", "-benchtime", "20x",
		"-count", fmt.Sprint(2*b.repetitions), module+"/plugin/internal/input")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running the benchmark of the input's steps: %w\n%s", err, out)
	}
	if steps, err = parseSteps(out); err != nil {
		return nil, err
	}
	for _, s := range steps {
		b.progress("step %s: %.3f s", s.name, s.seconds)
	}
	return steps, nil
}

// parseSteps reads what go test says of the steps, in the order it says it.
func parseSteps(said []byte) (steps []step, err error) {
	measured, err := parse.ParseSet(bytes.NewReader(said))
	if err != nil {
		return nil, fmt.Errorf("reading what the benchmark said: %w", err)
	}
	if len(measured) == 0 {
		return nil, fmt.Errorf("no benchmark ran:\n%s", said)
	}
	names := make(map[int]string)
	for name, runs := range measured {
		names[runs[0].Ord] = name
	}
	for _, ord := range slices.Sorted(maps.Keys(names)) {
		runs := measured[names[ord]]
		fastest := slices.MinFunc(runs, func(a, b *parse.Benchmark) int { return cmp.Compare(a.NsPerOp, b.NsPerOp) })
		name, _, _ := strings.Cut(path.Base(fastest.Name), "-")
		steps = append(steps, step{name, fastest.NsPerOp / 1e9, fastest.MBPerS, fastest.AllocsPerOp})
	}
	return steps, nil
}

var stepTells = map[string]string{
	"drain":    "read by Go's HTTP client, and thrown away",
	"check":    "and every detection found and checked, with reading ahead",
	"messages": "and fields read, repeats dropped, messages made, positions tracked",
	"pipeline": "and through Benthos, to an output that throws them away",
}

// stepRatio is how long a step takes, of what the first one does.
func stepRatio(steps []step, name string) (string, error) {
	for _, s := range steps {
		if s.name == name {
			return fmt.Sprintf("%.1f", s.seconds/steps[0].seconds), nil
		}
	}
	return "", fmt.Errorf("the benchmark has no step %q", name)
}

// stepTable writes the steps as a Markdown table, each beside the first.
func stepTable(steps []step) string {
	var t strings.Builder
	t.WriteString("| step | | ms | of drain | MB/s | allocations |\n| --- | --- | ---: | ---: | ---: | ---: |\n")
	for _, s := range steps {
		fmt.Fprintf(&t, "| %s | %s | %.0f | %.1f × | %.0f | %d |\n",
			s.name, stepTells[s.name], s.seconds*1e3, s.seconds/steps[0].seconds, s.mbps, s.allocations)
	}
	return t.String()
}
