//go:build !minimal

package servers

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// requireServers makes a server that is not installed a failure, as CI wants it.
const requireServers = "CHRONICLE_CONNECT_REQUIRE_SERVERS"

// serversScript is the path of what installs real servers and is them.
func serversScript(t *testing.T) string {
	t.Helper()
	return repository.Path(t, ".ci", "servers")
}

// Real is a server of .ci/servers: a process of its own, with data that outlives it.
type Real struct {
	t    *testing.T
	name string
	port int
	Dir  string

	command *exec.Cmd
	log     *childprocess.Log
	exited  chan struct{} // closed when it has ended
}

// installed is whether there is a server of that name. Where there must be one,
// its absence fails the test.
func installed(t *testing.T, name string) bool {
	t.Helper()
	var reason bytes.Buffer
	command := exec.Command(serversScript(t), "has", name)
	command.Stderr = &reason
	if command.Run() == nil {
		return true
	}
	require.Empty(t, os.Getenv(requireServers), "%s is set, but %s is not installed; .ci/servers install %[2]s does that. %[3]s", requireServers, name, &reason)
	return false
}

// StartReal starts a server, and ends it when the test does. The test is skipped
// where the server isn't installed.
func StartReal(t *testing.T, name string) *Real {
	t.Helper()
	if !installed(t, name) {
		t.Skipf("%s is not installed; .ci/servers install %[1]s does that", name)
	}
	s := &Real{t: t, name: name, port: FreePort(t), Dir: t.TempDir()}
	s.Restart()
	t.Cleanup(s.Kill)
	return s
}

// Addr is host and port.
func (s *Real) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Kill ends the server as the kernel does when it is out of memory.
func (s *Real) Kill() {
	s.t.Helper()
	_ = s.command.Process.Kill() // fails only if it has ended already
	<-s.exited
}

// Restart starts the server with the data and at the port that it had before,
// and waits until it serves.
func (s *Real) Restart() {
	s.t.Helper()
	s.log, s.exited = &childprocess.Log{}, make(chan struct{})
	s.command = exec.Command(serversScript(s.t), "run", s.name, fmt.Sprint(s.port), s.Dir)
	s.command.Stdout, s.command.Stderr = s.log, s.log
	childprocess.EndWithParent(s.command)
	require.NoError(s.t, s.command.Start())
	go func(command *exec.Cmd, exited chan<- struct{}) {
		defer close(exited)
		_ = command.Wait() // how it ended is of no interest, that it did is
	}(s.command, s.exited)
	ready, ok := serverReady[s.name]
	if !ok {
		ready = dials
	}
	// A Java program takes a while to start, and longer where others start too.
	waiting.Within(s.t, 4*waiting.Patience, s.name+" to serve", func() bool {
		select {
		case <-s.exited:
			require.Fail(s.t, s.name+" ended", s.log.Tail(8<<10))
		default:
		}
		return ready(s.Addr()) == nil
	})
}
