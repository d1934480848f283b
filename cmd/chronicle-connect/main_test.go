package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// asProgram makes the test binary the program itself. Benthos' command line is
// made for a process: some seconds after it has stopped it ends that.
const asProgram = "CHRONICLE_CONNECT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// execute runs the program until it ends by itself.
func execute(t *testing.T, args ...string) (exitCode int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.True(t, exit.Exited(), "killed after a minute; it printed:\n%s%s", &out, &errs)
	}
	return command.ProcessState.ExitCode(), out.String(), errs.String()
}

// pipeline writes a config that reads from server and appends to a file.
func pipeline(t *testing.T, server *chronicletest.Server, input string) (path, output string) {
	t.Helper()
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	path, output = filepath.Join(dir, "pipeline.yaml"), filepath.Join(dir, "detections.jsonl")
	text := fmt.Sprintf(`
http: {enabled: false}
input:
  chronicle_detection_alerts:
    base_url: %s
    credentials_file: %s
    start_time: 1h
    checkpoint_cache: state
    %s
cache_resources:
  - label: state
    file: {directory: %s}
output:
  file: {path: %s, codec: lines}
`, server.URL, credentials, input, filepath.Join(dir, "deep", "state"), output)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path, output
}

// An input that gives up makes the program exit non-zero and say why, after
// what it had read is delivered and the position stored.
func TestRunExitsWithTheServersWords(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	at := server.Append([]byte(`{"id":"de_1"}`))
	server.Script(
		chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Unknown name: Cannot find field."}},
	)
	path, output := pipeline(t, server, "")
	code, _, stderr := execute(t, "run", path)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "chronicle-connect: input chronicle_detection_alerts: opening the stream at ")
	require.Contains(t, stderr, "the server answered 400 INVALID_ARGUMENT: Unknown name: Cannot find field.")
	delivered, err := os.ReadFile(output)
	require.NoError(t, err)
	require.Equal(t, []string{`{"id":"de_1"}`, ""}, strings.Split(string(delivered), "\n"))
	stored, err := os.ReadFile(filepath.Join(filepath.Dir(path), "deep", "state", "chronicle_detection_alerts"))
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"continuation_time":%q}`, at.UTC().Format("2006-01-02T15:04:05.000000Z")), string(stored))
}

func TestRunRefusesWrongSettings(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	path, _ := pipeline(t, server, "detection_batch_size: 20000")
	const complaint = "field detection_batch_size: got 20000, want 0 to 10000"

	code, _, stderr := execute(t, "lint", path)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, path+"(9,1) "+complaint)

	code, log, stderr := execute(t, "run", path)
	require.Equal(t, 1, code)
	require.Contains(t, log, complaint)
	require.Contains(t, stderr, "shutting down due to linter errors")

	code, _, stderr = execute(t, "run", "--chilled", path)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, complaint)
	require.Empty(t, server.Requests())
}

func TestCheck(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	path, _ := pipeline(t, server, "")
	code, stdout, _ := execute(t, "check", path)
	require.Zero(t, code)
	require.Contains(t, stdout, "input: ok\n")

	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "missing permission"}})
	code, stdout, _ = execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "input: FAILED: opening the stream at ")
	require.Contains(t, stdout, "the server answered 403 PERMISSION_DENIED: missing permission\n  what to do: check base_url, since a key is for one region; then have Google enable the key for the detection API")

	server.Script(chronicletest.Step{Header: http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}})
	code, stdout, _ = execute(t, "check", path)
	require.Zero(t, code)
	require.Regexp(t, "^warning: The clock of this machine is (1h0m0s|59m59s) behind the server's. Set it: .*\ninput: ok\n", stdout)

	// A server's words may quote what it was sent, and have lines of their own.
	t.Setenv("CHRONICLE_TOKEN", "a_secret_of_somebody")
	path, _ = pipeline(t, server, "composite_alert_handling: ${CHRONICLE_TOKEN}\n    api: chronicle\n    instance: projects/p/locations/us/instances/i")
	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Invalid compositeAlertHandling:\noutput: ok a_secret_of_somebody"}})
	code, stdout, _ = execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "Invalid compositeAlertHandling: output: ok ${CHRONICLE_TOKEN}\n  what to do: change composite_alert_handling, or leave it out\n")

	code, _, stderr := execute(t, "check", filepath.Join(t.TempDir(), "none.yaml"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "reading the config: open ")
}
