package plugin

import (
	"context"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// recordedMetrics is a metrics exporter that a test can ask.
type recordedMetrics struct {
	mu     sync.Mutex // guards what follows
	values map[string]float64
	sets   map[string]int    // how often a gauge was set
	kinds  map[string]string // counter, gauge or timer, and the labels
}

func newRecordedMetrics() *recordedMetrics {
	return &recordedMetrics{values: make(map[string]float64), sets: make(map[string]int), kinds: make(map[string]string)}
}

func (m *recordedMetrics) value(name string, labels ...string) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[strings.Join(append([]string{name}, labels...), " ")]
}

func (m *recordedMetrics) timesSet(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sets[name]
}

// A recorded metric counts under its name and the values of its labels, less
// the path and label of the component that Benthos adds.
type recorded struct {
	in   *recordedMetrics
	name string
}

func (m *recordedMetrics) metric(kind, name string, keys []string) func(...string) recorded {
	for _, key := range keys {
		if key != "path" && key != "label" {
			kind += " " + key
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kinds[name] = kind
	return func(values ...string) recorded {
		words := []string{name}
		for i, key := range keys {
			if key != "path" && key != "label" {
				words = append(words, values[i])
			}
		}
		return recorded{m, strings.Join(words, " ")}
	}
}

func (r recorded) Incr(n int64) { r.add(float64(n)) }

func (r recorded) IncrFloat64(n float64) { r.add(n) }

func (r recorded) add(n float64) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.in.values[r.name] += n
}

func (r recorded) Set(n int64) { r.SetFloat64(float64(n)) }

func (r recorded) SetFloat64(n float64) {
	r.in.mu.Lock()
	defer r.in.mu.Unlock()
	r.in.values[r.name] = n
	r.in.sets[r.name]++
}

func (recorded) Timing(int64) {}

func (m *recordedMetrics) NewCounterCtor(name string, keys ...string) service.MetricsExporterCounterCtor {
	metric := m.metric("counter", name, keys)
	return func(values ...string) service.MetricsExporterCounter { return metric(values...) }
}

func (m *recordedMetrics) NewTimerCtor(name string, keys ...string) service.MetricsExporterTimerCtor {
	metric := m.metric("timer", name, keys)
	return func(values ...string) service.MetricsExporterTimer { return metric(values...) }
}

func (m *recordedMetrics) NewGaugeCtor(name string, keys ...string) service.MetricsExporterGaugeCtor {
	metric := m.metric("gauge", name, keys)
	return func(values ...string) service.MetricsExporterGauge { return metric(values...) }
}

func (*recordedMetrics) Close(context.Context) error { return nil }

// recordedSpans is a tracer provider that a test can ask.
type recordedSpans struct {
	embedded.TracerProvider

	mu    sync.Mutex // guards spans
	spans []*recordedSpan
}

// A recordedSpan is a span of the input, and what was said of it.
type recordedSpan struct {
	noop.Span

	mu         sync.Mutex // guards what follows
	name       string
	attributes map[string]any
	status     codes.Code
	problem    string
	errors     int
	ends       int
}

// Tracer implements trace.TracerProvider.
func (r *recordedSpans) Tracer(name string, _ ...trace.TracerOption) trace.Tracer {
	return &recordedTracer{name: name, in: r}
}

type recordedTracer struct {
	embedded.Tracer

	name string
	in   *recordedSpans
}

// Start implements trace.Tracer.
func (t *recordedTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	span := &recordedSpan{name: name, attributes: make(map[string]any)}
	conf := trace.NewSpanStartConfig(opts...)
	span.SetAttributes(conf.Attributes()...)
	if t.name == inputName {
		t.in.mu.Lock()
		defer t.in.mu.Unlock()
		t.in.spans = append(t.in.spans, span)
	}
	return trace.ContextWithSpan(ctx, span), span
}

// IsRecording implements trace.Span.
func (*recordedSpan) IsRecording() bool { return true }

// SetAttributes implements trace.Span.
func (s *recordedSpan) SetAttributes(attributes ...attribute.KeyValue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range attributes {
		s.attributes[string(one.Key)] = one.Value.AsInterface()
	}
}

// SetStatus implements trace.Span.
func (s *recordedSpan) SetStatus(code codes.Code, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.problem = code, problem
}

// RecordError implements trace.Span.
func (s *recordedSpan) RecordError(error, ...trace.EventOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors++
}

// End implements trace.Span.
func (s *recordedSpan) End(...trace.SpanEndOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends++
}

// named are the spans of a name so far, in order.
func (r *recordedSpans) named(name string) (spans []*recordedSpan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, span := range r.spans {
		if span.name == name {
			spans = append(spans, span)
		}
	}
	return spans
}
