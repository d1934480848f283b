// Package tracing sends traces by OpenTelemetry's own exporters, without the secrets
// in them. It knows neither pipelines nor where secrets come from.
package tracing

import (
	"context"
	"fmt"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Name is what the tracer is registered under.
const Name = "opentelemetry"

const description = `
The tracer has no fields. The environment variables of https://opentelemetry.io/docs/specs/otel/protocol/exporter/[OpenTelemetry^] configure it, as they do other programs:

- ` + "`OTEL_EXPORTER_OTLP_ENDPOINT`" + ` or ` + "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`" + `: where the collector is; http://localhost:4318 by default, for grpc http://localhost:4317.
- ` + "`OTEL_EXPORTER_OTLP_PROTOCOL`" + ` or ` + "`OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`" + `: ` + "`http/protobuf`" + `, which is the default, or ` + "`grpc`" + `.
- ` + "`OTEL_EXPORTER_OTLP_HEADERS`" + `, ` + "`OTEL_EXPORTER_OTLP_CERTIFICATE`" + ` and the other variables of the exporter.
- ` + "`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`" + ` and ` + "`OTEL_BSP_…`" + `.

Secrets in names, attributes, events and states of spans are replaced as they are in the log. URLs of destinations are among them: ` + "`url.full`" + ` of a webhook shows its variable.`

// Register registers the tracer. Redact replaces the secrets in a text; it is called
// concurrently.
func Register(redact func([]byte) []byte) {
	spec := service.NewConfigSpec().
		Categories("Services").
		Summary("Sends traces to an OpenTelemetry collector, or to whatever else takes OTLP.").
		Description(description)
	service.MustRegisterOtelTracerProvider(Name, spec, func(*service.ParsedConfig) (trace.TracerProvider, error) {
		ctx := context.Background()
		exporter, err := newExporter(ctx)
		if err != nil {
			return nil, fmt.Errorf("creating the exporter of the tracer %s: %w", Name, err)
		}
		// What the environment says of the service wins over its name here.
		described, err := resource.New(ctx, resource.WithTelemetrySDK(),
			resource.WithAttributes(attribute.String("service.name", "chronicle-connect")), resource.WithFromEnv())
		if err != nil {
			return nil, fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES for the tracer %s: %w", Name, err)
		}
		return sdktrace.NewTracerProvider(sdktrace.WithResource(described), sdktrace.WithBatcher(redacting{exporter, redact})), nil
	})
}

// newExporter returns the exporter of the protocol that the environment names. It
// connects in the background, so a collector that is away holds nothing up.
func newExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	const general, traces = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
	name, protocol := traces, os.Getenv(traces)
	if protocol == "" {
		name, protocol = general, os.Getenv(general)
	}
	switch protocol {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	}
	return nil, fmt.Errorf("environment variable %s: got %q, want http/protobuf or grpc", name, protocol)
}
