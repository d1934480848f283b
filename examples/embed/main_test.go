package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// asProgram makes the test binary the program itself, so that signals and exit
// codes are real ones.
const asProgram = "EMBED_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// environment leads the program to server, and keeps its position in dir.
func environment(t *testing.T, server *chronicletest.Server, dir string) map[string]string {
	t.Helper()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	return map[string]string{
		"CHRONICLE_BASE_URL":         server.URL,
		"CHRONICLE_CREDENTIALS_FILE": credentials,
		"CHRONICLE_STATE_DIR":        filepath.Join(dir, "state"),
		"CHRONICLE_START_TIME":       "1h",
		"CHRONICLE_REGION":           "", // as an empty line of an environment file
	}
}

// A program is a running embed.
type program struct {
	t       *testing.T
	command *exec.Cmd
	stdout  output
	stderr  output
	exited  chan struct{}
}

func start(t *testing.T, environment map[string]string) *program {
	t.Helper()
	p := &program{t: t, command: exec.Command(os.Args[0]), exited: make(chan struct{})}
	p.command.Env = append(os.Environ(), asProgram+"=1")
	for name, value := range environment {
		p.command.Env = append(p.command.Env, name+"="+value)
	}
	p.command.Stdout, p.command.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.command.Start())
	go func() {
		defer close(p.exited)
		_ = p.command.Wait() // the state tells all
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill() // it has ended already, but for a failed test
		<-p.exited
	})
	return p
}

// waitLines waits until the program has printed n lines.
func (p *program) waitLines(n int) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Count(p.stdout.String(), "\n") >= n },
		patience, 10*time.Millisecond, "it never printed %d lines", n)
}

// waitExit waits until the program has ended.
func (p *program) waitExit() (exitCode int) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		require.Fail(p.t, "it did not end", "it logged:\n%s", p.stderr.String())
	}
	return p.command.ProcessState.ExitCode()
}

// output is what a program prints.
type output struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// lines are what the program prints for detections.
func lines(t *testing.T, detections []json.RawMessage) string {
	t.Helper()
	var all strings.Builder
	for _, detection := range detections {
		var d struct {
			ID        string
			Detection []struct{ RuleName string }
		}
		require.NoError(t, json.Unmarshal(detection, &d))
		fmt.Fprintf(&all, "%s %q %d bytes\n", d.ID, d.Detection[0].RuleName, len(detection))
	}
	return all.String()
}

// SIGTERM ends the program with 0, and its next run goes on behind what this
// one had printed.
func TestSIGTERMKeepsThePosition(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	dir, generator := t.TempDir(), chronicletest.NewGenerator(1)
	for range 2 {
		detections := generator.Detections(50, 2000)
		at := server.Append(detections...)
		p := start(t, environment(t, server, dir))
		p.waitLines(len(detections))
		require.NoError(t, p.command.Process.Signal(syscall.SIGTERM))
		require.Zero(t, p.waitExit(), p.stderr.String())
		require.Equal(t, lines(t, detections), p.stdout.String(), "each detection once, in order")
		stored, err := os.ReadFile(filepath.Join(dir, "state", "embed_position"))
		require.NoError(t, err)
		require.JSONEq(t, fmt.Sprintf(`{"continuation_time":%q}`, at.UTC().Format("2006-01-02T15:04:05.000000Z")), string(stored))
	}
}

// A refusal that no retry mends ends the program with the server's words, behind
// what was delivered until then.
func TestRefusalEndsWithTheServersWords(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	detections := chronicletest.NewGenerator(2).Detections(5, 2000)
	server.Append(detections...)
	server.Script(
		chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Unknown name: Cannot find field."}},
	)
	p := start(t, environment(t, server, t.TempDir()))
	require.Equal(t, 1, p.waitExit())
	require.Contains(t, p.stderr.String(), "embed: input chronicle_detection_alerts: ")
	require.Contains(t, p.stderr.String(), "the server answered 400 INVALID_ARGUMENT: Unknown name: Cannot find field.")
	require.Equal(t, lines(t, detections), p.stdout.String())
}

// A wrong setting ends it before any request.
func TestWrongSettingIsNamed(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	settings := environment(t, server, t.TempDir())
	settings["CHRONICLE_START_TIME"] = "yesterday"
	p := start(t, settings)
	require.Equal(t, 1, p.waitExit())
	require.Contains(t, p.stderr.String(), `field start_time: got "yesterday"`)
	require.Empty(t, server.Requests())
}

// What the handler returns an error for comes again, and the position waits.
func TestHandlersErrorBringsADetectionAgain(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	for name, value := range environment(t, server, t.TempDir()) {
		t.Setenv(name, value)
	}
	server.Append(chronicletest.NewGenerator(3).Detection(2000))
	ctx, stop := context.WithCancel(t.Context())
	var calls []string
	err := run(ctx, func(_ context.Context, detection *service.Message) error {
		id, _ := detection.MetaGet("chronicle_detection_id")
		if calls = append(calls, id); len(calls) < 3 {
			return errors.New("not now")
		}
		stop()
		return nil
	})
	require.NoError(t, err)
	require.Len(t, calls, 3)
	require.Equal(t, calls[0], calls[1])
	require.Equal(t, calls[0], calls[2])
	require.Len(t, server.Requests(), 1, "without another connection")
	require.FileExists(t, filepath.Join(os.Getenv("CHRONICLE_STATE_DIR"), "embed_position"))
}
