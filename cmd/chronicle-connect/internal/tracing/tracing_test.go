package tracing

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
)

func redact(text []byte) []byte { return bytes.ReplaceAll(text, []byte("secret-7"), []byte("${HOOK}")) }

func TestMain(m *testing.M) {
	Register(redact)
	m.Run()
}

func TestSpansHaveNoSecrets(t *testing.T) {
	exported := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(redacting{exported, redact}))
	linked := trace.Link{Attributes: []attribute.KeyValue{attribute.String("link", "secret-7")}}
	_, span := provider.Tracer("t").Start(t.Context(), "POST secret-7", trace.WithLinks(linked), trace.WithAttributes(
		attribute.String("url.full", "https://hooks.example/secret-7"),
		attribute.StringSlice("headers", []string{"a", "secret-7"}),
		attribute.Int("http.response.status_code", 403),
	))
	span.AddEvent("secret-7", trace.WithAttributes(attribute.String("body", "secret-7")))
	span.RecordError(errors.New(`Post "https://hooks.example/secret-7": refused`))
	span.SetStatus(codes.Error, "secret-7")
	span.End()

	spans := exported.GetSpans()
	require.Len(t, spans, 1)
	got := spans[0]
	require.Equal(t, "POST ${HOOK}", got.Name)
	require.Equal(t, []attribute.KeyValue{
		attribute.String("url.full", "https://hooks.example/${HOOK}"),
		attribute.StringSlice("headers", []string{"a", "${HOOK}"}),
		attribute.Int("http.response.status_code", 403),
	}, got.Attributes)
	require.Equal(t, "${HOOK}", got.Status.Description)
	require.Equal(t, "${HOOK}", got.Events[0].Name)
	require.Equal(t, "${HOOK}", got.Events[0].Attributes[0].Value.AsString())
	require.Contains(t, got.Events[1].Attributes, attribute.String("exception.message", `Post "https://hooks.example/${HOOK}": refused`))
	require.Equal(t, "${HOOK}", got.Links[0].Attributes[0].Value.AsString())
}

// A pipeline's traces reach a collector, with what OTEL_… variables say.
func TestTracesReachACollector(t *testing.T) {
	var mu sync.Mutex
	var received []byte
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/v1/traces" && r.Header.Get("X-Tenant") == "blue" {
			received = append(received, body...)
		}
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue")
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	t.Setenv("OTEL_SERVICE_NAME", "alerts-of-blue")
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetYAML(`
input: { generate: { count: 1, mapping: 'root = "x"', interval: "" } }
pipeline: { processors: [ { mapping: 'root = throw("secret-7")' } ] }
output: { drop: {} }
tracer: { opentelemetry: {} }
logger: { level: none }
http: { enabled: false }
`))
	stream, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, stream.Run(t.Context()))
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return bytes.Contains(received, []byte("mapping"))
	}, 10*time.Second, 10*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	require.Contains(t, string(received), "alerts-of-blue")
	require.NotContains(t, string(received), "secret-7")
}

func TestProtocols(t *testing.T) {
	for protocol, wrong := range map[string]bool{"": false, "http/protobuf": false, "grpc": false, "http/json": true, "udp": true} {
		t.Run(protocol, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc") // the specific variable wins
			t.Setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", protocol)
			exporter, err := newExporter(t.Context())
			if wrong {
				require.ErrorContains(t, err, "environment variable OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: got ")
				return
			}
			require.NoError(t, err)
			require.NoError(t, exporter.Shutdown(t.Context()))
		})
	}
}
