package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// asProgram makes the test binary the program itself.
const asProgram = "CONNECT_BUILD_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// program is a command that runs this build.
func program(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = slices.Concat(os.Environ(), env, []string{asProgram + "=1"})
	return command
}

// settings lead the stream of streams/chronicle.yaml to server.
func settings(t *testing.T, server *chronicletest.Server) (env []string, alerts, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address = listener.Addr().String()
	require.NoError(t, listener.Close())
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	alerts = filepath.Join(dir, "alerts.jsonl")
	return []string{
		"CHRONICLE_BASE_URL=" + server.URL, "CHRONICLE_CREDENTIALS_FILE=" + credentials, "CHRONICLE_START_TIME=1h",
		"CHRONICLE_STATE_DIR=" + dir, "ALERTS_FILE=" + alerts, "CONNECT_ADDRESS=" + address,
	}, alerts, address
}

// The plugin is an import, a requirement and, until there is a release, a
// replacement.
func TestPluginIsThreeLines(t *testing.T) {
	var lines []string
	for _, name := range []string{"main.go", "go.mod"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "chronicle-connect/chronicle-connect") && !strings.HasPrefix(line, "module ") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
	}
	require.Equal(t, []string{
		`_ "github.com/chronicle-connect/chronicle-connect/plugin"`,
		"github.com/chronicle-connect/chronicle-connect v0.0.0",
		"replace github.com/chronicle-connect/chronicle-connect => ../..",
	}, lines)
}

func TestInputIsListed(t *testing.T) {
	out, err := program(t, nil, "list", "inputs").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "  - chronicle_detection_alerts\n")
}

// To Benthos an input that gave up is one that has finished: with nothing but
// service.RunCLI the exit code tells nothing, so the log has to be watched.
func TestRunEndsWithZeroWhateverEndedTheInput(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Cannot find field."}})
	env, _, _ := settings(t, server)
	out, err := program(t, env, "run", "--set", "http.enabled=false", "-r", "resources.yaml", "streams/chronicle.yaml").CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(out), "the server answered 400 INVALID_ARGUMENT: Cannot find field")
}

// One more stream of a deployment that has others, with the resources that they
// share. When its input gives up, the others go on: the process does not end.
func TestStreamsMode(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	detections := chronicletest.NewGenerator(1).Detections(20, 2000)
	server.Append(detections...)
	server.Script(
		chronicletest.Step{AfterElements: 2, Then: chronicletest.End},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Cannot find field."}},
	)
	env, alerts, address := settings(t, server)
	command := program(t, env, "streams", "-o", "observability.yaml", "-r", "resources.yaml", "streams/chronicle.yaml", "streams/heartbeat.yaml")
	var log strings.Builder
	command.Stdout, command.Stderr = &log, &log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill() // it has ended already, but for a failed test
		if t.Failed() {
			_ = command.Wait() // so that the log is whole
			t.Log(log.String())
		}
	})

	waitFor(t, "the detections", func() bool {
		got, err := os.ReadFile(alerts)
		return err == nil && strings.Count(string(got), "\n") == len(detections)
	})
	waitFor(t, "the position", func() bool {
		_, err := os.Stat(filepath.Join(filepath.Dir(alerts), "chronicle_position"))
		return err == nil
	})
	require.Contains(t, get(t, address, "/metrics"), `chronicle_detections{label="",path="root.input",stream="chronicle"} 20`)

	server.Append() // the second element, after which the connection ends
	waitFor(t, "the stream to end", func() bool {
		active := activity(t, address)
		return !active["chronicle"] && active["heartbeat"]
	})
	require.Contains(t, get(t, address, "/metrics"), `chronicle_connected{label="",path="root.input",stream="chronicle"} 0`)
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	require.NoError(t, command.Wait())
	require.Contains(t, log.String(), "the server answered 400 INVALID_ARGUMENT: Cannot find field")
}

// waitFor waits until a condition is met.
func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline, pause := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer pause.Stop()
	for !met() {
		select {
		case <-pause.C:
		case <-deadline:
			require.Fail(t, "waited in vain for "+what)
		}
	}
}

// get is what the program's own HTTP server answers.
func get(t *testing.T, address, path string) string {
	t.Helper()
	response, err := http.Get(fmt.Sprintf("http://%s%s", address, path))
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

// activity is which streams are active.
func activity(t *testing.T, address string) map[string]bool {
	t.Helper()
	var streams map[string]struct{ Active bool }
	require.NoError(t, json.Unmarshal([]byte(get(t, address, "/streams")), &streams))
	active := make(map[string]bool)
	for name, stream := range streams {
		active[name] = stream.Active
	}
	return active
}
