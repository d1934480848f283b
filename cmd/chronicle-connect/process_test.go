package main

import (
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
)

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

// signal sends a signal, whatever the process is at.
func (p *process) signal(signal syscall.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.command.Process.Signal(signal))
}

// state is how the process ended, nil while it runs.
func (p *process) state() *os.ProcessState { return p.command.ProcessState }

// terminate asks the process to stop, as soon as it can hear that.
func (p *process) terminate() {
	p.t.Helper()
	waitFor(p.t, "the process to catch signals", func() bool {
		_, err := os.Stat(p.ready)
		return err == nil
	})
	p.signal(syscall.SIGTERM)
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
