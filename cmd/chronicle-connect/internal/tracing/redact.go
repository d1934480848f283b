package tracing

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// redacting is an exporter that sees spans without their secrets.
type redacting struct {
	sdktrace.SpanExporter
	redact func([]byte) []byte
}

// ExportSpans implements sdktrace.SpanExporter.
func (r redacting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	redacted := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		redacted[i] = redactedSpan{span, r.redact}
	}
	return r.SpanExporter.ExportSpans(ctx, redacted)
}

// A redactedSpan is a span whose texts have no secrets.
type redactedSpan struct {
	sdktrace.ReadOnlySpan
	redact func([]byte) []byte
}

func (s redactedSpan) text(text string) string { return string(s.redact([]byte(text))) }

// Name implements sdktrace.ReadOnlySpan.
func (s redactedSpan) Name() string { return s.text(s.ReadOnlySpan.Name()) }

// Attributes implements sdktrace.ReadOnlySpan.
func (s redactedSpan) Attributes() []attribute.KeyValue {
	return s.attributes(s.ReadOnlySpan.Attributes())
}

// Events implements sdktrace.ReadOnlySpan. Errors are among the events.
func (s redactedSpan) Events() []sdktrace.Event {
	events := slices.Clone(s.ReadOnlySpan.Events())
	for i, event := range events {
		events[i].Name, events[i].Attributes = s.text(event.Name), s.attributes(event.Attributes)
	}
	return events
}

// Links implements sdktrace.ReadOnlySpan.
func (s redactedSpan) Links() []sdktrace.Link {
	links := slices.Clone(s.ReadOnlySpan.Links())
	for i, link := range links {
		links[i].Attributes = s.attributes(link.Attributes)
	}
	return links
}

// Status implements sdktrace.ReadOnlySpan.
func (s redactedSpan) Status() sdktrace.Status {
	status := s.ReadOnlySpan.Status()
	status.Description = s.text(status.Description)
	return status
}

func (s redactedSpan) attributes(all []attribute.KeyValue) []attribute.KeyValue {
	all = slices.Clone(all)
	for i, a := range all {
		switch a.Value.Type() {
		case attribute.STRING:
			all[i].Value = attribute.StringValue(s.text(a.Value.AsString()))
		case attribute.STRINGSLICE:
			texts := a.Value.AsStringSlice()
			for j, text := range texts {
				texts[j] = s.text(text)
			}
			all[i].Value = attribute.StringSliceValue(texts)
		default: // numbers and truth values hold no text
		}
	}
	return all
}
