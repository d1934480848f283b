//go:build !minimal

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// requireServers makes a server that is not installed a failure, as CI wants it.
const requireServers = "CHRONICLE_CONNECT_REQUIRE_SERVERS"

// serversScript installs real servers and is them.
var serversScript = filepath.Join("..", "..", ".ci", "servers")

// A realServer is a server of .ci/servers: a process of its own, with data that
// outlives it.
type realServer struct {
	t    *testing.T
	name string
	port int
	dir  string

	command *exec.Cmd
	log     *logBuffer
	exited  chan struct{} // closed when it has ended
}

// installed is whether there is a server of that name. Where there must be one,
// its absence fails the test.
func installed(t *testing.T, name string) bool {
	t.Helper()
	var reason bytes.Buffer
	command := exec.Command(serversScript, "has", name)
	command.Stderr = &reason
	if command.Run() == nil {
		return true
	}
	require.Empty(t, os.Getenv(requireServers), "%s is set, but %s is not installed; .ci/servers install %[2]s does that. %[3]s", requireServers, name, &reason)
	return false
}

// startReal starts a server, and ends it when the test does. The test is skipped
// where the server isn't installed.
func startReal(t *testing.T, name string) *realServer {
	t.Helper()
	if !installed(t, name) {
		t.Skipf("%s is not installed; .ci/servers install %[1]s does that", name)
	}
	s := &realServer{t: t, name: name, port: freePort(t), dir: t.TempDir()}
	s.restart()
	t.Cleanup(s.kill)
	return s
}

// addr is host and port.
func (s *realServer) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// kill ends the server as the kernel does when it is out of memory.
func (s *realServer) kill() {
	s.t.Helper()
	_ = s.command.Process.Kill() // fails only if it has ended already
	<-s.exited
}

// restart starts the server with the data and at the port that it had before,
// and waits until it serves.
func (s *realServer) restart() {
	s.t.Helper()
	s.log, s.exited = &logBuffer{}, make(chan struct{})
	s.command = exec.Command(serversScript, "run", s.name, fmt.Sprint(s.port), s.dir)
	s.command.Stdout, s.command.Stderr = s.log, s.log
	endWithParent(s.command)
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
	waitWithin(s.t, 4*patience, s.name+" to serve", func() bool {
		select {
		case <-s.exited:
			require.Fail(s.t, s.name+" ended", s.log.tail(8<<10))
		default:
		}
		return ready(s.addr()) == nil
	})
}

// serverReady tells, for those servers that accept connections before they can
// do anything with them, whether they can.
var serverReady = map[string]func(addr string) error{
	"kafka":      kafkaReady,
	"redis":      redisReady,
	"prometheus": func(addr string) error { return answers("http://" + addr + "/-/ready") },
	"opensearch": func(addr string) error {
		return answers("http://" + addr + "/_cluster/health?wait_for_status=yellow&timeout=1s")
	},
}

func dials(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// answers is whether a GET is answered with 200.
func answers(url string) error {
	client := http.Client{Timeout: time.Second}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking %s: got %s, want 200", url, response.Status)
	}
	return nil
}

// redisReady waits out that Redis loads its data.
func redisReady(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	if err != nil {
		return err
	}
	if got := string(answer[:n]); !strings.HasPrefix(got, "+PONG") {
		return fmt.Errorf("asking Redis: got %q, want +PONG", got)
	}
	return nil
}

// freePort finds a port that is free, and the one after it too. It is below
// those that outgoing connections are given: while a server is down nothing else
// gets its port, not even a client that connects to itself.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20000 + 2*rand.IntN(6000)
		if listens(port) && listens(port+1) {
			return port
		}
	}
	require.Fail(t, "no free port")
	return 0
}

// listens is whether one can listen at a port.
func listens(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
