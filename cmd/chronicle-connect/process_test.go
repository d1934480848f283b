package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// patience is how long a test waits for what has to happen. It is long, so that
// only what never happens exceeds it, however busy the machine is.
const patience = time.Minute

// waitFor waits until a condition is met.
func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	waitWithin(t, patience, what, met)
}

// waitWithin is for what may well take longer.
func waitWithin(t *testing.T, limit time.Duration, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !met(); time.Sleep(5 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "waited %s in vain for %s", limit, what)
	}
}

// readyFile names a file that a process creates once Benthos catches signals.
// Before that, which can be after the first detection was delivered, SIGTERM ends
// a process as it ends any other, and nothing that Benthos prints tells.
const readyFile = "CHRONICLE_CONNECT_TEST_READY_FILE"

func init() {
	path := os.Getenv(readyFile)
	if path == "" {
		return
	}
	go func() {
		waiting := regexp.MustCompile(`(?m)^goroutine 1 [^\n]*\[select[^\n]*\n\S+/cli/common\.RunManagerUntilStopped\(`)
		for stacks := make([]byte, 1<<20); ; time.Sleep(5 * time.Millisecond) {
			if waiting.Match(stacks[:runtime.Stack(stacks, true)]) {
				_ = os.WriteFile(path, nil, 0o600) // whoever waits for it says that it isn't there
				return
			}
		}
	}()
}

// A deployment is a config and what it keeps from one process to the next: the
// position, and the output file where the output is one.
type deployment struct {
	t      *testing.T
	server *chronicletest.Server
	config string // path
	state  string // directory of the file cache
	output string // path of the file that toFile writes
	key    string // of the position in the file cache; empty = the input's default
	env    []string
	args   []string // of the program, before the config
}

// settings are what differs between deployments.
type settings struct {
	input  []string // fields of the input, one a line
	output string   // empty = to the deployment's file
	rest   string   // a line at the top of the config
}

func deploy(t *testing.T, server *chronicletest.Server, set settings) *deployment {
	t.Helper()
	dir := t.TempDir()
	d := &deployment{
		t: t, server: server,
		config: filepath.Join(dir, "pipeline.yaml"),
		state:  filepath.Join(dir, "state"),
		output: filepath.Join(dir, "detections.jsonl"),
	}
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	if set.output == "" {
		set.output = fmt.Sprintf("file: {path: %q, codec: lines}", d.output)
	}
	text := fmt.Sprintf(`
http: {enabled: false}
%s
input:
  chronicle_detection_alerts:
    base_url: %s
    credentials_file: %q
    checkpoint_cache: state
    %s
cache_resources:
  - label: state
    file: {directory: %q}
output:
  %s
`, set.rest, server.URL, credentials, strings.Join(set.input, "\n    "), d.state, set.output)
	require.NoError(t, os.WriteFile(d.config, []byte(text), 0o600))
	return d
}

// stored is the position that the next process will find, zero if none. A kill
// may have left the position's file empty; its spare is whole then.
func (d *deployment) stored() time.Time {
	d.t.Helper()
	var text []byte
	key := cmp.Or(d.key, "chronicle_detection_alerts")
	for _, name := range []string{key, key + ".spare"} {
		var err error
		text, err = os.ReadFile(filepath.Join(d.state, name))
		if errors.Is(err, fs.ErrNotExist) {
			return time.Time{}
		}
		require.NoError(d.t, err)
		var position struct {
			ContinuationTime time.Time `json:"continuation_time"`
		}
		if json.Unmarshal(text, &position) == nil {
			return position.ContinuationTime
		}
	}
	require.Fail(d.t, "the stored position is lost", "it is %q", text)
	return time.Time{}
}

// written is what is in the output file from a byte on.
func (d *deployment) written(from int) []byte {
	d.t.Helper()
	text, err := os.ReadFile(d.output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(d.t, err)
	require.GreaterOrEqual(d.t, len(text), from, "the output file shrank")
	return text[from:]
}

// size is how many bytes the output file has.
func (d *deployment) size() int {
	info, err := os.Stat(d.output)
	if err != nil {
		return 0
	}
	return int(info.Size())
}

// A process is the program running a deployment's config.
type process struct {
	t       *testing.T
	command *exec.Cmd
	ready   string // path of the file that it creates
	log     *logBuffer
	exited  chan struct{} // closed when it has ended
}

func (d *deployment) start() *process {
	d.t.Helper()
	p := &process{t: d.t, ready: filepath.Join(d.t.TempDir(), "ready"), log: &logBuffer{}, exited: make(chan struct{})}
	p.command = exec.Command(os.Args[0], slices.Concat([]string{"run"}, d.args, []string{d.config})...)
	p.command.Env = slices.Concat(os.Environ(), d.env, []string{asProgram + "=1", readyFile + "=" + p.ready})
	p.command.Stdout, p.command.Stderr = p.log, p.log
	require.NoError(d.t, p.command.Start())
	go func() {
		defer close(p.exited)
		_ = p.command.Wait() // the state tells all
	}()
	d.t.Cleanup(func() {
		_ = p.command.Process.Kill() // it has ended already, but for a failed test
		<-p.exited
		if d.t.Failed() {
			d.t.Logf("process %d, %s, logged:\n%s", p.command.Process.Pid, p.command.ProcessState, p.log.tail(8<<10))
		}
	})
	return p
}

// kill ends the process as the kernel does when it is out of memory. That it
// was still running is checked: nothing in these tests is a reason to give up.
func (p *process) kill() {
	p.t.Helper()
	_ = p.command.Process.Kill() // fails only if there is nothing to kill, which is what is checked
	<-p.exited
	status := p.command.ProcessState.Sys().(syscall.WaitStatus)
	require.True(p.t, status.Signaled() && status.Signal() == syscall.SIGKILL, "it ended before it was killed: %s", p.command.ProcessState)
}

// terminate asks the process to stop, as soon as it can hear that.
func (p *process) terminate() {
	p.t.Helper()
	waitFor(p.t, "the process to catch signals", func() bool {
		_, err := os.Stat(p.ready)
		return err == nil
	})
	require.NoError(p.t, p.command.Process.Signal(syscall.SIGTERM))
}

// waitExit waits until the process has ended by itself.
func (p *process) waitExit(within time.Duration) (exitCode int) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(within):
		require.Fail(p.t, "it did not end", "it was given %s", within)
	}
	return p.command.ProcessState.ExitCode()
}

// stop ends the process as an operator does. Within a few seconds, which is far
// less than the shutdown_timeout of 20 s: had anything been left hanging, Benthos
// would have waited for three quarters of that.
func (p *process) stop() {
	p.t.Helper()
	p.terminate()
	require.Zero(p.t, p.waitExit(10*time.Second), "exit code")
	require.NotContains(p.t, p.log.String(), "goroutine profile", "it dumped its stack")
}

func (p *process) waitLog(text string) {
	p.t.Helper()
	waitFor(p.t, fmt.Sprintf("the log line %q", text), func() bool { return strings.Contains(p.log.String(), text) })
}

// logBuffer is what a process prints.
type logBuffer struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBuffer) tail(n int) string {
	text := b.String()
	return text[max(0, len(text)-n):]
}
