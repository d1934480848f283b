package pipelines

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestCheck(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	path, _ := pipeline(t, server, "")
	code, stdout, _ := programtest.Execute(t, "check", path)
	require.Zero(t, code)
	require.Contains(t, stdout, "input: ok\n")

	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "missing permission"}})
	code, stdout, _ = programtest.Execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "input: FAILED: opening the stream at ")
	require.Contains(t, stdout, "the server answered 403 PERMISSION_DENIED: missing permission\n  what to do: check base_url, since a key is for one region; then have Google enable the key for the detection API")

	// As of the answer, since it may be a while until the program asks.
	remove := server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
		call.UseStep(chronicletest.Step{Header: http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}})
		return false
	})
	code, stdout, _ = programtest.Execute(t, "check", path)
	remove()
	require.Zero(t, code)
	require.Regexp(t, "^warning: This input uses the Backstory API, .*\nwarning: The clock of this machine is (1h0m0s|59m59s) behind the server's. Set it: .*\ninput: ok\n", stdout)

	// A server's words may quote what it was sent, and have lines of their own.
	t.Setenv("CHRONICLE_TOKEN", "a_secret_of_somebody")
	path, _ = pipeline(t, server, "composite_alert_handling: ${CHRONICLE_TOKEN}\n    api: chronicle\n    instance: projects/p/locations/us/instances/i")
	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Invalid compositeAlertHandling:\noutput: ok a_secret_of_somebody"}})
	code, stdout, _ = programtest.Execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "Invalid compositeAlertHandling: output: ok ${CHRONICLE_TOKEN}\n  what to do: change composite_alert_handling, or leave it out\n")

	code, _, stderr := programtest.Execute(t, "check", filepath.Join(t.TempDir(), "none.yaml"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "reading the config: open ")
}
