package main

import "context"

// A result is everything that was measured.
type result struct {
	sides     []measurement // the contenders side by side, on the reference load
	protocols []measurement
	batches   []measurement // from 1 to 10,000 detections a batch
	sizes     []measurement // from 1 kB to 100 kB a detection
	totals    []measurement // from 1 MB to 1 GB
	storing   []measurement // one detection a batch, without and with storing the position
	idle      idling
	steps     []step
	pipelines []passage // those of config/, to stand-ins for their destinations
}

// reference is a backlog as an outage leaves it.
var reference = load{Total: 204e6, Detection: 4000, Batch: 1000}

// all measures everything. It takes the time that the stock pipeline needs: some
// ten minutes with three repetitions.
func (b *bencher) all(ctx context.Context, configs []string) (r result, err error) {
	r.sides, err = b.measure(ctx, reference,
		setup{contender: drain, sink: toDrop, protocol: http1},
		setup{contender: ours, sink: toDrop, protocol: http1},
		setup{contender: ours, sink: toFile, protocol: http1},
		setup{contender: stock, sink: toDrop, protocol: http1},
		setup{contender: stock, sink: toFile, protocol: http1},
		setup{contender: alike, sink: toDrop, protocol: http1},
		setup{contender: alike, sink: toFile, protocol: http1},
	)
	if err != nil {
		return r, err
	}
	for _, p := range []protocol{http1, https, http2} {
		m, err := b.measure(ctx, reference,
			setup{contender: drain, sink: toDrop, protocol: p},
			setup{contender: ours, sink: toDrop, protocol: p},
		)
		if err != nil {
			return r, err
		}
		r.protocols = append(r.protocols, m...)
	}
	series := func(change func(*load, int), values ...int) (series []measurement, err error) {
		for _, v := range values {
			l := reference
			change(&l, v)
			m, err := b.measure(ctx, l, drainAndPipelines...)
			if err != nil {
				return nil, err
			}
			series = append(series, m...)
		}
		return series, nil
	}
	if r.batches, err = series(func(l *load, v int) { l.Batch = v }, 1, 10, 100, 1000, 10_000); err != nil {
		return r, err
	}
	if r.sizes, err = series(func(l *load, v int) { l.Detection = v }, 1000, 4000, 20_000, 100_000); err != nil {
		return r, err
	}
	if r.totals, err = series(func(l *load, v int) { l.Total = v }, 1e6, 1e7, 1e8, 1e9); err != nil {
		return r, err
	}
	single := reference
	single.Batch = 1
	// A difference of a few percent takes more repetitions to see.
	often := *b
	often.repetitions *= 7
	r.storing, err = often.measure(ctx, single,
		setup{contender: ours, sink: toDrop, protocol: http1},
		setup{contender: ours, sink: toDrop, protocol: http1, stores: true},
	)
	if err != nil {
		return r, err
	}
	if r.idle, err = b.idle(ctx); err != nil {
		return r, err
	}
	if r.steps, err = b.steps(ctx); err != nil {
		return r, err
	}
	r.pipelines, err = b.passages(ctx, pipelines, configs)
	return r, err
}

var drainAndPipelines = []setup{
	{contender: drain, sink: toDrop, protocol: http1},
	{contender: ours, sink: toDrop, protocol: http1},
	{contender: stock, sink: toDrop, protocol: http1},
}
