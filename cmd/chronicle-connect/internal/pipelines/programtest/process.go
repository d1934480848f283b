package programtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// A Process is the program running a deployment's config. It is killed with the
// test at the latest, and what it logged is shown where that has failed.
type Process struct {
	Log *childprocess.Log // what it prints to either output

	t       *testing.T
	command *exec.Cmd
	ready   string        // path of the file that it creates; empty = none
	exited  chan struct{} // closed when it has ended
}

// Start runs the program with the deployment's config.
func (d *Deployment) Start() *Process {
	d.t.Helper()
	p := d.process(slices.Concat([]string{"run"}, d.Args, []string{d.config})...)
	if d.host != "" {
		p.command.Path = d.host
	} else {
		p.ready = filepath.Join(d.t.TempDir(), "ready")
		p.command.Env = append(p.command.Env, readyFile+"="+p.ready)
	}
	p.start()
	return p
}

// StartCommand runs another command of the program with the deployment's environment.
func (d *Deployment) StartCommand(args ...string) *Process {
	d.t.Helper()
	p := d.process(args...)
	p.start()
	return p
}

func (d *Deployment) process(args ...string) *Process {
	p := &Process{t: d.t, Log: &childprocess.Log{}, exited: make(chan struct{})}
	p.command = Command(context.Background(), args...)
	p.command.Env = slices.Concat(p.command.Env, d.Env)
	return p
}

// start has the process killed with the test.
func (p *Process) start() {
	p.t.Helper()
	p.command.Stdout, p.command.Stderr = p.Log, p.Log
	require.NoError(p.t, p.command.Start())
	go func() {
		defer close(p.exited)
		_ = p.command.Wait() // the state tells all
	}()
	p.t.Cleanup(func() {
		_ = p.command.Process.Kill() // it has ended already, but for a failed test
		<-p.exited
		if p.t.Failed() {
			p.t.Logf("process %d, %s, logged:\n%s", p.command.Process.Pid, p.command.ProcessState, p.Log.Tail(8<<10))
		}
	})
}

// Kill ends the process as the kernel does when it is out of memory. That it
// was still running is checked: nothing in these tests is a reason to give up.
func (p *Process) Kill() {
	p.t.Helper()
	_ = p.command.Process.Kill() // fails only if there is nothing to kill, which is what is checked
	<-p.exited
	status := p.command.ProcessState.Sys().(syscall.WaitStatus)
	require.True(p.t, status.Signaled() && status.Signal() == syscall.SIGKILL, "it ended before it was killed: %s", p.command.ProcessState)
}

// Signal sends a signal, whatever the process is at.
func (p *Process) Signal(signal syscall.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.command.Process.Signal(signal))
}

// Pid is the process' id.
func (p *Process) Pid() int { return p.command.Process.Pid }

// State is how the process ended, nil while it runs.
func (p *Process) State() *os.ProcessState { return p.command.ProcessState }

// Terminate asks the process to stop, as soon as it can hear that.
func (p *Process) Terminate() {
	p.t.Helper()
	waiting.For(p.t, "the process to catch signals", func() bool {
		if p.ready == "" {
			return true
		}
		_, err := os.Stat(p.ready)
		return err == nil
	})
	p.Signal(syscall.SIGTERM)
}

// WaitExit waits until the process has ended by itself.
func (p *Process) WaitExit(within time.Duration) (exitCode int) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(within):
		require.Fail(p.t, "it did not end", "it was given %s", within)
	}
	return p.command.ProcessState.ExitCode()
}

// Stop ends the process as an operator does. Within a few seconds, which is far
// less than the shutdown_timeout of 20 s: had anything been left hanging, Benthos
// would have waited for three quarters of that.
func (p *Process) Stop() {
	p.t.Helper()
	p.Terminate()
	require.Zero(p.t, p.WaitExit(10*time.Second), "exit code")
	require.NotContains(p.t, p.Log.String(), "goroutine profile", "it dumped its stack")
}

// WaitLog waits until the process has logged a text.
func (p *Process) WaitLog(text string) {
	p.t.Helper()
	waiting.For(p.t, fmt.Sprintf("the log line %q", text), func() bool { return strings.Contains(p.Log.String(), text) })
}

// Ended says whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// TrySignal sends a signal to a process that may have ended.
func (p *Process) TrySignal(signal syscall.Signal) error { return p.command.Process.Signal(signal) }
