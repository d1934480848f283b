package rig

import (
	"context"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// Spans are a tracer provider that a test can ask.
type Spans struct {
	embedded.TracerProvider

	mu    sync.Mutex // guards spans
	spans []*Span
}

// A Span is a span of the input, and what was said of it.
type Span struct {
	noop.Span

	name string

	mu sync.Mutex // guards what follows
	// Attributes are those that were set, by their names.
	Attributes map[string]any
	Status     codes.Code
	Problem    string
	Errors     int
	Ends       int
}

// Tracer implements trace.TracerProvider.
func (r *Spans) Tracer(name string, _ ...trace.TracerOption) trace.Tracer {
	return &recordedTracer{name: name, in: r}
}

type recordedTracer struct {
	embedded.Tracer

	name string
	in   *Spans
}

// Start implements trace.Tracer.
func (t *recordedTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	span := &Span{name: name, Attributes: make(map[string]any)}
	conf := trace.NewSpanStartConfig(opts...)
	span.SetAttributes(conf.Attributes()...)
	if t.name == settings.Name {
		t.in.mu.Lock()
		defer t.in.mu.Unlock()
		t.in.spans = append(t.in.spans, span)
	}
	return trace.ContextWithSpan(ctx, span), span
}

// IsRecording implements trace.Span.
func (*Span) IsRecording() bool { return true }

// SetAttributes implements trace.Span.
func (s *Span) SetAttributes(attributes ...attribute.KeyValue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range attributes {
		s.Attributes[string(one.Key)] = one.Value.AsInterface()
	}
}

// SetStatus implements trace.Span.
func (s *Span) SetStatus(code codes.Code, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Status, s.Problem = code, problem
}

// RecordError implements trace.Span.
func (s *Span) RecordError(error, ...trace.EventOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Errors++
}

// End implements trace.Span.
func (s *Span) End(...trace.SpanEndOption) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Ends++
}

// Named are the spans of a name so far, in order.
func (r *Spans) Named(name string) (spans []*Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, span := range r.spans {
		if span.name == name {
			spans = append(spans, span)
		}
	}
	return spans
}

// All are the spans so far, in order.
func (r *Spans) All() []*Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.spans)
}
