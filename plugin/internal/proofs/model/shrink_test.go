package model_test

import (
	"slices"
	"strconv"
)

// shrink finds a short script that still fails: it takes steps away, the half
// of them at once, then a quarter, down to single ones, as ddmin does, and then
// makes numbers smaller. It stops when nothing more can go, or after so many
// runs.
func (s modelScript) shrink(fails func(modelScript) bool, runs int) modelScript {
	tried := func(candidate modelScript) bool {
		if runs <= 0 {
			return false
		}
		runs--
		return fails(candidate)
	}
	for shorter := true; shorter; {
		shorter = false
		for size := max(1, len(s.steps)/2); size > 0; size /= 2 {
			// From the end on: what comes late more often follows from the
			// rest than the rest from it.
			for from := len(s.steps) - size; from >= 0; from = min(from-size, len(s.steps)-size) {
				candidate := s
				candidate.steps = slices.Concat(s.steps[:from], s.steps[from+size:])
				if tried(candidate) {
					s, shorter = candidate, true
				}
			}
		}
	}
	for i := range s.steps {
		simplify := func() (simplified bool) {
			for _, simpler := range s.steps[i].simpler() {
				candidate := s
				candidate.steps = slices.Clone(s.steps)
				candidate.steps[i] = simpler
				if tried(candidate) {
					s = candidate
					return true
				}
			}
			return false
		}
		for simplify() {
		}
	}
	return s
}

// simpler are steps like s that are easier to think about, the simplest first.
func (s modelStep) simpler() (all []modelStep) {
	if s.rush {
		unhurried := s
		unhurried.rush = false
		all = append(all, unhurried)
	}
	for i, arg := range s.args {
		n, err := strconv.Atoi(arg)
		if err != nil {
			continue
		}
		for _, smaller := range []int{0, 1, n / 10, n / 2} {
			if smaller < n {
				candidate := s
				candidate.args = slices.Clone(s.args)
				candidate.args[i] = strconv.Itoa(smaller)
				all = append(all, candidate)
			}
		}
	}
	return all
}
