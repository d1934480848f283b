package input

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// Names of spans, and of their attributes: OpenTelemetry's own where it has one.
const (
	spanConnect = settings.Name + ".connect"
	spanStore   = settings.Name + ".store_position"

	spanHost      = "server.address"
	spanStatus    = "http.response.status_code"
	spanReason    = "error.type"
	spanAPI       = "chronicle.api"
	spanAttempt   = "chronicle.attempt"
	spanPosition  = "chronicle.position"
	spanPageToken = "chronicle.page_token"
	spanCache     = "chronicle.checkpoint_cache"
	spanCacheKey  = "chronicle.checkpoint_cache_key"
)

// startConnecting begins the span around signing in and opening the stream. An
// attempt is counted from the last connection that was a success.
func (in *input) startConnecting(ctx context.Context) (context.Context, trace.Span) {
	return in.tracer.Start(ctx, spanConnect, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String(spanHost, in.conf.Endpoint.URL.Host),
		attribute.String(spanAPI, string(in.conf.Endpoint.API)),
		attribute.Int(spanAttempt, in.retries.failures+1),
	))
}

// startStoring begins the span around storing a position.
func (r *storeReporter) startStoring(ctx context.Context, p position.Position) (context.Context, trace.Span) {
	return r.tracer.Start(ctx, spanStore, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String(spanCache, r.store.Label()),
		attribute.String(spanCacheKey, r.store.Key()),
		attribute.String(spanPosition, p.StartTime()),
		attribute.Bool(spanPageToken, p.PageToken != ""),
	))
}

// endSpan ends a span with what came of it. Being stopped is no failure.
func endSpan(span trace.Span, err error) {
	defer span.End()
	if err == nil || errors.Is(err, service.ErrEndOfInput) || errors.Is(err, context.Canceled) {
		return
	}
	span.SetAttributes(attribute.String(spanReason, classify(err).reason))
	if refused, ok := errors.AsType[*chronicle.Refusal](err); ok {
		span.SetAttributes(attribute.Int(spanStatus, refused.Code))
	}
	span.RecordError(err)
	span.SetStatus(codes.Error, err.Error())
}
