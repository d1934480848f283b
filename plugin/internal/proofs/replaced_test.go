package proofs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A key that a file cache can't store ends the start, by the names of the fields; one
// that it can, does not.
func TestKeyThatCannotBeStored(t *testing.T) {
	for key, want := range map[string]string{"team/slack": "checkpoint_cache_key", strings.Repeat("k", 300): "checkpoint_cache_key", "team.slack": ""} {
		server := chronicletest.NewServer()
		defer server.Close()
		server.Append([]byte(`{"id":"de_1"}`))
		builder := service.NewStreamBuilder()
		builder.SetLogger(slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		directory := t.TempDir()
		require.NoError(t, errors.Join(
			builder.AddCacheYAML("label: positions\nfile: {directory: "+directory+"}"),
			builder.AddInputYAML(fmt.Sprintf("chronicle_detection_alerts: {base_url: %s, credentials_json: '%s', start_time: 1h, checkpoint_cache: positions, checkpoint_cache_key: %s}", server.URL, server.CredentialsJSON(), key)),
			builder.AddConsumerFunc(func(context.Context, *service.Message) error { cancel(); return nil }),
		))
		stream, err := builder.Build()
		require.NoError(t, err)
		err = stream.Run(ctx)
		if want == "" {
			require.ErrorIs(t, err, context.Canceled)
			require.NoError(t, stream.StopWithin(time.Minute))
			require.FileExists(t, filepath.Join(directory, key))
			continue
		}
		require.NoError(t, err)
		require.ErrorContains(t, plugin.Failure(stream.Resources()), want)
		require.ErrorContains(t, plugin.Failure(stream.Resources()), "the position in the cache positions: ")
		require.Empty(t, server.Requests(), "before any request")
	}
}

// A dynamic input that is replaced while it runs hands its position over to the one
// that takes its place, which waits for that.
func TestDynamicInputIsReplaced(t *testing.T) {
	for _, store := range []string{"checkpoint_cache: positions", "checkpoint_dir: " + filepath.Join(t.TempDir(), "state")} {
		name, _, _ := strings.Cut(store, ":")
		t.Run(name, func(t *testing.T) { replaceDynamicInput(t, store) })
	}
}

func replaceDynamicInput(t *testing.T, store string) {
	t.Helper()
	server := chronicletest.NewServer()
	defer server.Close()
	router := mux.NewRouter()
	api := httptest.NewServer(router)
	defer api.Close()
	var got atomic.Pointer[[]string]
	got.Store(&[]string{})
	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	builder.SetHTTPMux(benthosMux{router})
	config := func(limit int) string {
		return fmt.Sprintf("chronicle_detection_alerts: {base_url: %s, credentials_json: '%s', start_time: 1h, %s, checkpoint_limit: %d}", server.URL, server.CredentialsJSON(), store, limit)
	}
	require.NoError(t, errors.Join(
		builder.AddCacheYAML("label: positions\nfile: {directory: "+t.TempDir()+"}"),
		builder.AddInputYAML("dynamic: {inputs: {alerts: {"+config(100)+"}}}"),
		builder.AddConsumerFunc(func(_ context.Context, m *service.Message) error {
			body, err := m.AsBytes()
			all := append(*got.Load(), string(body))
			got.Store(&all)
			return err
		}),
	))
	stream, err := builder.Build()
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(context.WithoutCancel(t.Context())) }()
	delivered := func(n int) func() bool { return func() bool { return len(*got.Load()) >= n } }
	var want []string
	for i := range 5 {
		body := fmt.Sprintf(`{"id":"de_%d"}`, i)
		want = append(want, body)
		server.Append(json.RawMessage(body))
		require.Eventually(t, delivered(len(want)), time.Minute, 5*time.Millisecond)
		answer, err := http.Post(api.URL+"/inputs/alerts", "application/x-yaml", strings.NewReader(config(101+i)))
		require.NoError(t, err)
		said, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", said)
	}
	server.Append(json.RawMessage(`{"id":"de_last"}`))
	require.Eventually(t, delivered(len(want)+1), time.Minute, 5*time.Millisecond)
	require.NoError(t, stream.StopWithin(time.Minute))
	require.NoError(t, <-ended)
	require.Equal(t, append(want, `{"id":"de_last"}`), *got.Load(), "each once: a position is handed over")
}

// A benthosMux is what Benthos' own HTTP server uses: its handlers ask it for parts
// of the path.
type benthosMux struct{ router *mux.Router }

// HandleFunc implements service.HTTPMultiplexer.
func (m benthosMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	m.router.HandleFunc(pattern, handler)
}

// A stream that is mended by another input in its place has not failed, and one that
// starts again and again has failed once at the most.
func TestFailureOfTheLastOnly(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	for range 3 {
		server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "No."}})
	}
	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	delivered := make(chan struct{})
	require.NoError(t, errors.Join(
		builder.AddInputYAML(fmt.Sprintf(`
read_until:
  restart_input: true
  check: 'true'
  input:
    chronicle_detection_alerts: {base_url: %s, credentials_json: '%s', start_time: 1h}
`, server.URL, server.CredentialsJSON())),
		builder.AddConsumerFunc(func(context.Context, *service.Message) error { close(delivered); return nil }),
	))
	stream, err := builder.Build()
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(t.Context()) }()
	require.NoError(t, server.WaitForRequests(t.Context(), 3))
	server.Append(json.RawMessage(`{"id":"de_1"}`))
	<-delivered
	require.NoError(t, stream.StopWithin(time.Minute))
	require.NoError(t, <-ended)
	require.NoError(t, plugin.Failure(stream.Resources()))
}
