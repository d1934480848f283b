package pipelines

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// startStreams runs one stream and waits until the HTTP server answers.
func startStreams(t *testing.T, address string, flags ...string) *childprocess.Log {
	t.Helper()
	config := filepath.Join(t.TempDir(), "secret_stream.yaml")
	require.NoError(t, os.WriteFile(config, []byte("input: { generate: { interval: 1h, mapping: 'root = \"secret-7\"' } }\noutput: { drop: {} }\n"), 0o600))
	command := programtest.Command(t.Context(), append(append([]string{"streams"}, flags...), config)...)
	command.Env = append(command.Env, "CHRONICLE_HTTP_ADDRESS="+address)
	log := childprocess.Start(t, command)
	waiting.For(t, "the stream to be ready", func() bool {
		status, _ := request(t, http.MethodGet, address, "/ready", "")
		return status == http.StatusOK
	})
	return log
}

// request sends a request as a web page of another origin sends it, without a
// preflight. It returns status 0 while nothing listens.
func request(t *testing.T, method, address, path, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "text/plain")
	r.Header.Set("Origin", "https://attacker.example")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(content)
}

// In streams mode Benthos serves a REST API that shows every stream with its secrets
// and accepts new ones, command processors among them, from anyone.
func TestStreamsServeNoAPI(t *testing.T) {
	address := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	startStreams(t, address)
	planted := filepath.Join(t.TempDir(), "planted")
	stream := fmt.Sprintf("input: { generate: { count: 1, mapping: 'root = \"x\"' } }\noutput: { file: { path: '%s' } }\n", planted)
	for _, r := range []struct{ method, path, body string }{
		{http.MethodGet, "/streams", ""},
		{http.MethodGet, "/streams/secret_stream", ""},
		{http.MethodGet, "/streams/secret_stream/stats", ""},
		{http.MethodPost, "/streams/planted", stream},
		{http.MethodPost, "/streams", "{}"},
		{http.MethodPost, "/resources/cache/planted", "memory: {}"},
		{http.MethodPut, "/streams/secret_stream", stream},
		{http.MethodPatch, "/streams/secret_stream", stream},
		{http.MethodDelete, "/streams/secret_stream", ""},
		{http.MethodGet, "/debug/config/yaml", ""},
	} {
		for _, prefix := range []string{"", "/benthos"} {
			status, text := request(t, r.method, address, prefix+r.path, r.body)
			require.Equal(t, http.StatusNotFound, status, "%s %s", r.method, prefix+r.path)
			require.NotContains(t, text, "secret-7")
		}
	}
	status, _ := request(t, http.MethodGet, address, "/ready", "")
	require.Equal(t, http.StatusOK, status, "the stream still runs")
	require.NoFileExists(t, planted)
}

func TestStreamsServeTheAPIWhenAsked(t *testing.T) {
	address := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	log := startStreams(t, address, "--api")
	status, text := request(t, http.MethodGet, address, "/streams", "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "secret_stream")
	require.Contains(t, log.String(), "The REST API of streams mode is on (--api)")
}

func TestStreamsAPIIsForLoopback(t *testing.T) {
	t.Setenv("CHRONICLE_HTTP_ADDRESS", "0.0.0.0:0")
	config := filepath.Join(t.TempDir(), "stream.yaml")
	require.NoError(t, os.WriteFile(config, []byte("input: { generate: { count: 1, mapping: 'root = 1' } }\noutput: { drop: {} }\n"), 0o600))
	code, _, stderr := programtest.Execute(t, "streams", "--api", config)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "streams --api: got http.address 0.0.0.0:0, want a loopback address")
	code, _, stderr = programtest.Execute(t, "run", "--api", config)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "the flag --api is for the command streams")
}
