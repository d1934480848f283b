package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A modelProcess is the input inside a real Benthos, from start to stop or
// crash, and what the pipeline behind it knows.
type modelProcess struct {
	input *service.ResourceInput
	res   *service.Resources
	cache *cacheHandle
	close func(context.Context) error

	failure error // that the input ended with

	// held are the message batches that were read and not answered, in order.
	held []modelBatch
	// fates are what became of the detections that it delivered.
	fates map[string]fate
	// largest is the size of the largest batch.
	largest int
	// last is where in the order of sending the newest first delivery is.
	last int

	begun  time.Time
	loaded place // the stored position that it began with
	from   int   // the first detection behind that
	wrote  bool  // it has stored a position
}

// A modelBatch is a message batch that waits for an answer.
type modelBatch struct {
	batch  service.MessageBatch
	bodies []string
	ack    service.AckFunc
}

// A fate is what the pipeline last said to a detection.
type fate int

const (
	unseen fate = iota
	inFlight
	rejected
	// partlyRejected is one of a batch of which some were rejected. Whether it
	// was one of those is not to be relied on: it counts as acknowledged and
	// may come again all the same.
	partlyRejected
	settled
)

func newProcess() *modelProcess {
	return &modelProcess{fates: make(map[string]fate), last: -1, begun: time.Now()}
}

// boot builds the process's Benthos, which starts the input.
func (m *modelRun) boot(p *modelProcess) error {
	env := service.NewEnvironment()
	err := errors.Join(
		env.RegisterBatchInput(settings.Name, settings.Spec(), func(parsed *service.ParsedConfig, res *service.Resources) (service.BatchInput, error) {
			host := input.Host{
				Diagnose: func(problem error, _ string) error { return problem },
				Ended:    func(_ input.Place, err error) { p.failure = err },
				Dial:     m.dial,
			}
			if m.impatience > 0 {
				host.Within = func(in service.BatchInput) service.BatchInput { return &impatientInput{in, m.impatience} }
			}
			return input.New(parsed, res, host)
		}),
		env.RegisterCache("model", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Cache, error) {
			return p.cache, nil
		}),
	)
	if err != nil {
		return err
	}
	fields := rig.Settings{"base_url": m.server.URL, "credentials_file": m.credentials, "checkpoint_cache": "positions"}
	maps.Copy(fields, m.fields)
	conf, err := json.Marshal(map[string]any{"label": "alerts", settings.Name: fields})
	if err != nil {
		return err
	}
	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(m.log))
	if err := errors.Join(
		builder.SetMetricsYAML("none: {}"),
		builder.AddCacheYAML("label: positions\nmodel: {}"),
		builder.AddInputYAML(string(conf)),
	); err != nil {
		return err
	}
	if p.res, p.close, err = builder.Build(); err != nil {
		return err
	}
	return p.res.AccessInput(m.t.Context(), "alerts", func(in *service.ResourceInput) { p.input = in })
}

// An impatientInput gives up each read after a while and begins another, as
// Benthos does only when it stops.
type impatientInput struct {
	service.BatchInput
	patience time.Duration
}

// ReadBatch implements service.BatchInput.
func (i *impatientInput) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	for {
		hurried, cancel := context.WithTimeout(ctx, i.patience)
		batch, ack, err := i.BatchInput.ReadBatch(hurried)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return batch, ack, err
		}
	}
}

// shut stops the process in good order, or what is left of a crashed one.
func (p *modelProcess) shut() error {
	// More than two attempts at storing a position in a cache that hangs.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return p.close(ctx)
}
