package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure" // what every Benthos has
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A Process is the input inside a real Benthos, from start to stop.
type Process struct {
	*Rig
	Input   *service.ResourceInput
	Plugin  service.BatchInput // what Benthos got of the plugin
	Res     *service.Resources
	Metrics *Metrics
	Spans   *Spans
	Logs    *Log
	Stop    func() // nacks what is not acknowledged, then stops
	// StopAfterAcks stops as soon as everything is acknowledged.
	StopAfterAcks func()

	unacknowledged map[int]service.AckFunc
	reads          int

	mu     sync.Mutex // guards failed
	failed []error
}

// Start runs the input as a program would, and stops it with the test at the
// latest.
func (r *Rig) Start(set Settings) *Process {
	r.T.Helper()
	p, err := r.Build(set)
	require.NoError(r.T, err)
	r.T.Cleanup(p.Stop)
	return p
}

// Configure makes a process that is not built yet.
func (r *Rig) Configure(set Settings) (*Process, *service.ResourceBuilder, error) {
	p := &Process{Rig: r, Metrics: NewMetrics(), Spans: &Spans{}, Logs: &Log{}, unacknowledged: make(map[int]service.AckFunc)}
	env := service.NewEnvironment()
	for _, err := range []error{
		env.RegisterBatchInput(settings.Name, settings.Spec(), func(parsed *service.ParsedConfig, res *service.Resources) (service.BatchInput, error) {
			in, err := input.New(parsed, res, input.Host{Diagnose: diagnose, Ended: p.noteEnd, Dial: r.Dial, Jitter: r.Jitter})
			p.Plugin = in
			return in, err
		}),
		env.RegisterCache("fake", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Cache, error) {
			return r.Cache, nil
		}),
		env.RegisterMetricsExporter("recorded", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
			return p.Metrics, nil
		}),
		env.RegisterOtelTracerProvider("recorded", service.NewConfigSpec(), func(*service.ParsedConfig) (trace.TracerProvider, error) {
			return p.Spans, nil
		}),
	} {
		require.NoError(r.T, err)
	}
	fields := Settings{
		"base_url":         r.Server.URL,
		"credentials_json": string(r.Server.CredentialsJSON()),
		"checkpoint_cache": "positions",
	}
	maps.Copy(fields, r.API)
	maps.Copy(fields, set)
	conf, err := json.Marshal(map[string]any{"label": "alerts", settings.Name: fields})
	require.NoError(r.T, err)

	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(p.Logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(r.T, builder.SetMetricsYAML("recorded: {}"))
	require.NoError(r.T, builder.SetTracerYAML("recorded: {}"))
	require.NoError(r.T, builder.AddCacheYAML("label: positions\nfake: {}"))
	return p, builder, builder.AddInputYAML(string(conf))
}

// Build makes a process that is not stopped with the test.
func (r *Rig) Build(set Settings) (*Process, error) {
	p, builder, err := r.Configure(set)
	if err != nil {
		return nil, err
	}
	res, closeResources, err := builder.Build()
	if err != nil {
		return nil, err
	}
	p.Res = res
	p.StopAfterAcks = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		assert.NoError(r.T, closeResources(ctx))
	})
	p.Stop = func() {
		// An input that is a resource waits for every acknowledgement. A nack
		// while it stops is what an output that cannot deliver comes to.
		for _, ack := range p.unacknowledged {
			assert.NoError(r.T, ack(context.Background(), errors.New("the process is stopping"))) //nolint:testifylint // The others have to be nacked all the same.
		}
		p.StopAfterAcks()
	}
	require.NoError(r.T, res.AccessInput(r.T.Context(), "alerts", func(in *service.ResourceInput) { p.Input = in }))
	return p, nil
}

// Patience is how long a test waits, on the bubble's clock, for what has to
// happen.
const Patience = time.Hour

// Read returns the next message batch, unacknowledged.
func (p *Process) Read() (service.MessageBatch, service.AckFunc) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.T.Context(), Patience)
	defer cancel()
	batch, ack, err := p.Input.ReadBatch(ctx)
	require.NoError(p.T, err, "waiting for a message batch; the log:\n%s", p.Logs)
	p.reads++
	n := p.reads
	once := func(ctx context.Context, err error) error {
		if _, open := p.unacknowledged[n]; !open {
			return nil
		}
		delete(p.unacknowledged, n)
		return ack(ctx, err)
	}
	p.unacknowledged[n] = once
	return batch, once
}

// Deliver reads the next message batch, acknowledges it and returns its bodies.
func (p *Process) Deliver() (bodies []string) {
	p.T.Helper()
	batch, ack := p.Read()
	require.NoError(p.T, ack(p.T.Context(), nil))
	return Bodies(p.T, batch)
}

// DeliverAll delivers until n messages have come.
func (p *Process) DeliverAll(n int) (bodies []string) {
	p.T.Helper()
	for len(bodies) < n {
		bodies = append(bodies, p.Deliver()...)
	}
	return bodies
}

// Ends waits until the input has ended, and returns why.
func (p *Process) Ends() error {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.T.Context(), Patience)
	defer cancel()
	_, _, err := p.Input.ReadBatch(ctx)
	require.ErrorIs(p.T, err, service.ErrEndOfInput, "the log:\n%s", p.Logs)
	return p.Failure()
}

// Failure is why the input ended with an error, nil if it did not.
func (p *Process) Failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.failed...)
}

// RejectAll rejects what was read and not acknowledged.
func (p *Process) RejectAll(err error) {
	p.T.Helper()
	for _, ack := range p.unacknowledged {
		require.NoError(p.T, ack(p.T.Context(), err))
	}
}

// Test is what the input's own connection test says.
func (p *Process) Test() (problems []error) {
	for _, result := range p.Plugin.(service.ConnectionTestable).ConnectionTest(p.T.Context()) {
		problems = append(problems, result.Err)
	}
	return problems
}

func (p *Process) noteEnd(at input.Place, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = append(p.failed, fmt.Errorf("input %s: %w", at.Label, err))
}

func diagnose(problem error, advice string) error {
	return &plugin.Diagnosis{Problem: problem, Advice: advice}
}

// Bodies are those of a batch's messages.
func Bodies(t *testing.T, batch service.MessageBatch) (bodies []string) {
	t.Helper()
	for _, m := range batch {
		body, err := m.AsBytes()
		require.NoError(t, err)
		bodies = append(bodies, string(body))
	}
	return bodies
}
