package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What is measured is what Chronicle would send: an array, never closed, of
// batches that are full but for the last.
func TestBacklogIsAStream(t *testing.T) {
	b := newBacklog(load{Total: 250_000, Detection: 4000, Batch: 20})
	body := bytes.Join(b.elements, nil)
	if len(body) != b.bytes {
		t.Errorf("%d bytes are said to be %d", len(body), b.bytes)
	}
	var elements []struct {
		ContinuationTime string
		Detections       []struct{ ID string }
	}
	closed := append(bytes.TrimSuffix(bytes.TrimSpace(body), []byte(",")), ']')
	if err := json.Unmarshal(closed, &elements); err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for i, e := range elements {
		if want := min(20, b.detections-len(ids)); len(e.Detections) != want || e.ContinuationTime == "" {
			t.Errorf("batch %d has %d detections and the continuation time %q, want %d and some", i, len(e.Detections), e.ContinuationTime, want)
		}
		for _, d := range e.Detections {
			ids[d.ID] = true
		}
	}
	if len(ids) != b.detections || b.detections != 62 {
		t.Errorf("%d different detections of %d, want 62", len(ids), b.detections)
	}
}

func TestMedians(t *testing.T) {
	got := medians([]usage{{3, 30, 300}, {1, 20, 500}, {2, 10, 400}})
	if want := (usage{2, 20, 400}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestGoals(t *testing.T) {
	at := func(c contender, s sink, batch int, seconds float64, peak int) measurement {
		return measurement{setup: setup{contender: c, sink: s}, load: load{Batch: batch}, usage: usage{Seconds: seconds, Peak: peak}}
	}
	r := result{
		sides: []measurement{
			at(drain, toDrop, 1000, 0.2, 0), at(ours, toDrop, 1000, 0.6, 90e6),
			at(ours, toFile, 1000, 1, 100e6), at(stock, toFile, 1000, 20, 900e6), at(alike, toFile, 1000, 9, 900e6),
		},
		batches: []measurement{at(ours, toDrop, 100, 1, 100e6), at(ours, toDrop, 10_000, 1, 120e6)},
		storing: []measurement{at(ours, toDrop, 1, 1, 1), at(ours, toDrop, 1, 1.01, 1)},
	}
	want := []bool{false, true, false, false, true, true, true}
	goals := r.goals()
	if len(goals) != len(want) {
		t.Fatalf("%d goals, want %d", len(goals), len(want))
	}
	for i, g := range goals {
		if g.met() != want[i] {
			t.Errorf("%s: %.3g of at most %g is taken for met: %t", g.what, g.got, g.want, g.met())
		}
	}
}
