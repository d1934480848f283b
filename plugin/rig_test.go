package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure" // what every Benthos has
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A rig is the stand-in and what outlives a process, for a test inside a
// synctest bubble: the network, the cache and the clock are the bubble's.
type rig struct {
	t       *testing.T
	network *chronicletest.Network
	server  *chronicletest.Server
	cache   *fakeCache
	dial    dialFunc // the network's, unless a test puts its own between
	api     settings // of the input
	jitter  func() float64
}

// testInstance is an instance of the Chronicle API.
const testInstance = "projects/p/locations/us/instances/i"

// The two APIs, in the input's settings. What is the same for both is tested for
// both with forBothAPIs.
var (
	backstoryAPI = settings{fieldAPI: apiBackstory}
	chronicleAPI = settings{fieldAPI: apiChronicle, fieldInstance: testInstance}
)

// forBothAPIs runs a test twice, each time in a bubble of its own.
func forBothAPIs(t *testing.T, test func(t *testing.T, api settings)) {
	t.Helper()
	for _, api := range []settings{backstoryAPI, chronicleAPI} {
		t.Run(fmt.Sprint(api[fieldAPI]), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, api) })
		})
	}
}

func newRig(t *testing.T, opts ...chronicletest.Option) *rig {
	t.Helper()
	return newRigFor(t, backstoryAPI, opts...)
}

func newRigFor(t *testing.T, api settings, opts ...chronicletest.Option) *rig {
	t.Helper()
	network := chronicletest.NewNetwork()
	r := &rig{
		t:       t,
		network: network,
		server:  chronicletest.NewServer(append(opts, chronicletest.WithNetwork(network))...),
		cache:   &fakeCache{values: make(map[string]string)},
		dial:    network.DialContext,
		api:     api,
		jitter:  rand.Float64,
	}
	t.Cleanup(r.server.Close)
	return r
}

// settings are fields of the input that differ from the rig's defaults.
type settings map[string]any

// A process is the input inside a real Benthos, from start to stop.
type process struct {
	*rig
	input   *service.ResourceInput
	plugin  *input
	res     *service.Resources
	metrics *recordedMetrics
	spans   *recordedSpans
	logs    *logBuffer
	stop    func() // nacks what is not acknowledged, then stops
	// stopAfterAcks stops as soon as everything is acknowledged.
	stopAfterAcks func()

	unacknowledged map[int]service.AckFunc
	reads          int
}

// start runs the input as a program would, and stops it with the test at the
// latest.
func (r *rig) start(set settings) *process {
	r.t.Helper()
	p, err := r.build(set)
	require.NoError(r.t, err)
	r.t.Cleanup(p.stop)
	return p
}

// configure makes a process that is not built yet.
func (r *rig) configure(set settings) (*process, *service.ResourceBuilder, error) {
	p := &process{rig: r, metrics: newRecordedMetrics(), spans: &recordedSpans{}, logs: &logBuffer{}, unacknowledged: make(map[int]service.AckFunc)}
	env := service.NewEnvironment()
	for _, err := range []error{
		env.RegisterBatchInput(inputName, inputSpec(), func(parsed *service.ParsedConfig, res *service.Resources) (service.BatchInput, error) {
			in, err := newInput(parsed, res)
			if err != nil {
				return nil, err
			}
			in.dial, in.jitter = r.dial, r.jitter
			p.plugin = in
			return in.wrapped(parsed)
		}),
		env.RegisterCache("fake", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Cache, error) {
			return r.cache, nil
		}),
		env.RegisterMetricsExporter("recorded", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
			return p.metrics, nil
		}),
		env.RegisterOtelTracerProvider("recorded", service.NewConfigSpec(), func(*service.ParsedConfig) (trace.TracerProvider, error) {
			return p.spans, nil
		}),
	} {
		require.NoError(r.t, err)
	}
	fields := settings{
		"base_url":         r.server.URL,
		"credentials_json": string(r.server.CredentialsJSON()),
		"checkpoint_cache": "positions",
	}
	maps.Copy(fields, r.api)
	maps.Copy(fields, set)
	conf, err := json.Marshal(map[string]any{"label": "alerts", inputName: fields})
	require.NoError(r.t, err)

	builder := env.NewResourceBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(p.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(r.t, builder.SetMetricsYAML("recorded: {}"))
	require.NoError(r.t, builder.SetTracerYAML("recorded: {}"))
	require.NoError(r.t, builder.AddCacheYAML("label: positions\nfake: {}"))
	return p, builder, builder.AddInputYAML(string(conf))
}

func (r *rig) build(set settings) (*process, error) {
	p, builder, err := r.configure(set)
	if err != nil {
		return nil, err
	}
	res, closeResources, err := builder.Build()
	if err != nil {
		return nil, err
	}
	p.res = res
	p.stopAfterAcks = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		assert.NoError(r.t, closeResources(ctx))
	})
	p.stop = func() {
		// An input that is a resource waits for every acknowledgement. A nack
		// while it stops is what an output that cannot deliver comes to.
		for _, ack := range p.unacknowledged {
			assert.NoError(r.t, ack(context.Background(), errors.New("the process is stopping"))) //nolint:testifylint // The others have to be nacked all the same.
		}
		p.stopAfterAcks()
	}
	require.NoError(r.t, res.AccessInput(r.t.Context(), "alerts", func(in *service.ResourceInput) { p.input = in }))
	return p, nil
}

// patience is how long a test waits, on the bubble's clock, for what has to
// happen.
const patience = time.Hour

// read returns the next message batch, unacknowledged.
func (p *process) read() (service.MessageBatch, service.AckFunc) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	batch, ack, err := p.input.ReadBatch(ctx)
	require.NoError(p.t, err, "waiting for a message batch; the log:\n%s", p.logs)
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

// deliver reads the next message batch, acknowledges it and returns its bodies.
func (p *process) deliver() (bodies []string) {
	p.t.Helper()
	batch, ack := p.read()
	require.NoError(p.t, ack(p.t.Context(), nil))
	return bodiesOf(p.t, batch)
}

// deliverAll delivers until n messages have come.
func (p *process) deliverAll(n int) (bodies []string) {
	p.t.Helper()
	for len(bodies) < n {
		bodies = append(bodies, p.deliver()...)
	}
	return bodies
}

// ends waits until the input has ended, and returns why.
func (p *process) ends() error {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	_, _, err := p.input.ReadBatch(ctx)
	require.ErrorIs(p.t, err, service.ErrEndOfInput, "the log:\n%s", p.logs)
	return Failure(p.res)
}

func bodiesOf(t *testing.T, batch service.MessageBatch) (bodies []string) {
	t.Helper()
	for _, m := range batch {
		body, err := m.AsBytes()
		require.NoError(t, err)
		bodies = append(bodies, string(body))
	}
	return bodies
}

func texts(detections []json.RawMessage) (bodies []string) {
	for _, d := range detections {
		bodies = append(bodies, string(d))
	}
	return bodies
}

// asked is the continuation time of each stream request so far.
func (r *rig) asked() (times []string) {
	for _, request := range r.server.Requests() {
		times = append(times, request.ContinuationTime)
	}
	return times
}

// gaps are the waits between the stream requests so far.
func (r *rig) gaps() (gaps []time.Duration) {
	requests := r.server.Requests()
	for i := 1; i < len(requests); i++ {
		gaps = append(gaps, requests[i].Time.Sub(requests[i-1].Time))
	}
	return gaps
}

// pass lets d pass on the bubble's clock, and everything happen that is due.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// rfc3339 is how the stand-in writes times.
func rfc3339(t time.Time) string { return positionAt(t).ContinuationTime }

// fakeCache is a cache that can be made to fail.
type fakeCache struct {
	mu     sync.Mutex // guards what follows
	values map[string]string
	down   error
	sets   int
}

func (c *fakeCache) Get(_ context.Context, key string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, found := c.values[key]
	switch {
	case c.down != nil:
		return nil, c.down
	case !found:
		return nil, service.ErrKeyNotFound
	}
	return []byte(value), nil
}

func (c *fakeCache) Set(_ context.Context, key string, value []byte, _ *time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down != nil {
		return c.down
	}
	c.values[key] = string(value)
	c.sets++
	return nil
}

func (*fakeCache) Add(context.Context, string, []byte, *time.Duration) error {
	return errors.ErrUnsupported
}

func (*fakeCache) Delete(context.Context, string) error { return errors.ErrUnsupported }

func (*fakeCache) Close(context.Context) error { return nil }

func (c *fakeCache) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = err
}

func (c *fakeCache) writes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sets
}

// stored is the time of the position under the default key, "" if none is.
func (r *rig) stored() string {
	r.t.Helper()
	r.cache.mu.Lock()
	defer r.cache.mu.Unlock()
	value, found := r.cache.values[inputName]
	if !found {
		return ""
	}
	p, err := decodePosition([]byte(value))
	require.NoError(r.t, err)
	return p.startTime()
}

func (r *rig) store(value string) {
	r.cache.mu.Lock()
	defer r.cache.mu.Unlock()
	r.cache.values[inputName] = value
}

// logBuffer keeps what was logged.
type logBuffer struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// above are the lines above level debug.
func (b *logBuffer) above() (lines []string) {
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(line, "level=DEBUG") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
