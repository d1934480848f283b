package main

import (
	"context"
	"fmt"
)

const (
	// guardRatio is how many times the drain's time the input may take before CI
	// refuses a change: about twice of what it takes where this was written. The
	// goal is 2.5.
	guardRatio = 12
	// guardPeakRatio is the same for memory at 10,000 detections a batch, of
	// that at 100. Memory is hardly noisy: the goal itself.
	guardPeakRatio = 1.3
	// guardTries is how often a measurement may be repeated when it is missed.
	guardTries = 3
)

// guard measures the least that tells whether reading has become slow or
// hungry.
func (b *bencher) guard(ctx context.Context) error {
	var err error
	for range guardTries {
		if err = b.guardOnce(ctx); err == nil {
			return nil
		}
		b.progress("%v", err)
	}
	return err
}

func (b *bencher) guardOnce(ctx context.Context) error {
	var peaks []float64
	for _, batch := range []int{100, 10_000} {
		l := reference
		l.Batch = batch
		m, err := b.measure(ctx, l,
			setup{contender: drain, sink: toDrop, protocol: http1},
			setup{contender: ours, sink: toDrop, protocol: http1},
		)
		if err != nil {
			return err
		}
		ratio := m[1].Seconds / m[0].Seconds
		b.progress("%s: %.1f times as long as draining it", l, ratio)
		if ratio > guardRatio {
			return fmt.Errorf("%s took %.1f times as long as draining it, want %d at most", l, ratio, guardRatio)
		}
		peaks = append(peaks, m[1].peakMB())
	}
	if ratio := peaks[1] / peaks[0]; ratio > guardPeakRatio {
		return fmt.Errorf("peak memory grew from %.0f to %.0f MB with the batches, want %g times as much at most", peaks[0], peaks[1], guardPeakRatio)
	}
	return nil
}
