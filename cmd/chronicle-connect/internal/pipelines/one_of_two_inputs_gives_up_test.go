package pipelines

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// One of two inputs gives up: the other one goes on, and the process is not ready. When
// that gives up, too, the process ends with both reasons.
func TestOneOfTwoInputsGivesUp(t *testing.T) {
	t.Parallel()
	first, second := chronicletest.NewServer(), chronicletest.NewServer()
	defer first.Close()
	defer second.Close()
	dir := t.TempDir()
	address := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	config := "http: {address: " + address + "}\ninput:\n  broker:\n    inputs:\n"
	for i, server := range []*chronicletest.Server{first, second} {
		credentials := filepath.Join(dir, fmt.Sprintf("credentials-%d.json", i))
		require.NoError(t, server.WriteCredentials(credentials))
		config += fmt.Sprintf("      - label: input_%d\n        chronicle_detection_alerts: {base_url: %s, credentials_file: %q, start_time: 1h}\n", i+1, server.URL, credentials)
	}
	output := filepath.Join(dir, "detections.jsonl")
	config += fmt.Sprintf("output:\n  file: {path: %q, codec: lines}\n", output)
	ready := func() (int, string) {
		answer, err := http.Get("http://" + address + "/ready")
		if err != nil {
			return 0, ""
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(body)
	}
	refusing := func(reason string) chronicletest.Step {
		return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: reason}}
	}
	first.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut}, refusing("first reason"))
	second.Script(chronicletest.Step{AfterElements: 2, Then: chronicletest.Cut}, refusing("second reason"))
	process := programtest.DeployText(t, config).Start()
	waiting.For(t, "both to be connected", func() bool { code, _ := ready(); return code == http.StatusOK })

	// Not now: a refused position of this second may be one in the future to the server.
	past := time.Now().Add(-time.Minute)
	first.AppendAt(past, []byte(`{"id":"de_1"}`))
	process.WaitLog("the others of its stream go on")
	code, body := ready()
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, "first reason")
	second.AppendAt(past, []byte(`{"id":"de_2"}`))
	waiting.For(t, "the other one to go on", func() bool {
		text, _ := os.ReadFile(output) // there is none at first
		return strings.Contains(string(text), "de_2")
	})
	code, _ = ready()
	require.Equal(t, http.StatusServiceUnavailable, code)

	second.AppendAt(past.Add(time.Second), []byte(`{"id":"de_3"}`))
	require.Equal(t, 1, process.WaitExit(waiting.Patience))
	for _, told := range []string{"input input_1: opening the stream", "first reason", "input input_2: opening the stream", "second reason"} {
		require.Contains(t, process.Log.String(), told)
	}
	text, err := os.ReadFile(output)
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(string(text), "\n"), "everything is delivered once")
}
