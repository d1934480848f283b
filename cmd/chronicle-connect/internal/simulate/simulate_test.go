package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func simulated() simulation {
	return simulation{address: "127.0.0.1:0", history: 10, span: time.Hour, batch: 3, size: 1000, rate: 1, heartbeat: time.Second, maxStreams: 10, seed: 1}
}

func TestSimulateStopsByItself(t *testing.T) {
	s := simulated()
	s.credentials = filepath.Join(t.TempDir(), "credentials.json")
	s.rate, s.limit = 0, time.Millisecond
	t.Setenv("TMPDIR", t.TempDir())
	var shown bytes.Buffer
	require.NoError(t, s.serve(context.Background(), &shown))
	require.Contains(t, shown.String(), "export CHRONICLE_BASE_URL=http://127.0.0.1:")
	require.Contains(t, shown.String(), "export CHRONICLE_INSTANCE=projects/")
	require.Contains(t, shown.String(), "export CHRONICLE_START_TIME=20")
	require.Contains(t, shown.String(), "export CHRONICLE_STATE_DIR="+s.state+"\n")
	require.DirExists(t, s.state)
	require.Contains(t, shown.String(), "10 detections in the history")
	require.FileExists(t, s.credentials)
}

// Two tries share no position, and one in a container whose root is read-only has
// somewhere to keep it.
func TestSimulateHasAStateFolderOfItsOwn(t *testing.T) {
	temporary, beside := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	made := func(s simulation) string {
		s.credentials = filepath.Join(beside, "credentials.json")
		require.NoError(t, s.makeState())
		require.DirExists(t, s.state)
		return s.state
	}
	one, other := made(simulation{}), made(simulation{})
	require.NotEqual(t, one, other)
	require.Equal(t, temporary, filepath.Dir(one))
	t.Setenv("TMPDIR", filepath.Join(temporary, "missing"))
	require.Equal(t, beside, filepath.Dir(made(simulation{})))
	own := filepath.Join(temporary, "own", "state")
	require.Equal(t, own, made(simulation{state: own}))
	file := filepath.Join(beside, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, (&simulation{state: file}).makeState(), "making the state folder, which flag state can name: ")
}

// The detections of a history are as old as the history says.
func TestSimulatedDetectionsFollowTheSpan(t *testing.T) {
	s := simulated()
	s.history, s.batch, s.span = 24, 1, 24*time.Hour
	var created []time.Time
	generate := s.generate(chronicletest.NewGenerator(1))
	server := chronicletest.NewServer()
	defer server.Close()
	begin := time.Now().Add(-s.span).UTC().Truncate(time.Second)
	s.fill(server, func(n int, at time.Time) []json.RawMessage {
		some := generate(n, at)
		var detection struct{ CreatedTime time.Time }
		require.NoError(t, json.Unmarshal(some[0], &detection))
		created = append(created, detection.CreatedTime)
		return some
	}, begin)
	require.Len(t, created, s.history)
	for i, at := range created {
		require.WithinDuration(t, begin.Add(time.Duration(i+1)*s.span/time.Duration(s.history+1)), at, time.Second)
	}
}

func TestQuote(t *testing.T) {
	for path, want := range map[string]string{
		"/tmp/state-1": "/tmp/state-1",
		"/tmp/a b":     "'/tmp/a b'",
		"/tmp/o'hara":  `'/tmp/o'\''hara'`,
	} {
		require.Equal(t, want, quote(path))
	}
}

func TestSimulatedFaults(t *testing.T) {
	s := simulated()
	s.cutEvery, s.refuseEvery, s.stallEvery = 5, 4, 3
	for n, want := range map[int]string{1: "cut", 2: "cut", 3: "stall", 4: "refuse", 6: "stall", 8: "refuse", 12: "refuse"} {
		step := s.step(n)
		got := "cut"
		switch {
		case step.Refuse != nil:
			got = "refuse"
		case step.Then == chronicletest.Stall:
			got = "stall"
		}
		require.Equal(t, want, got, "connection %d", n)
	}
	require.Equal(t, chronicletest.Step{}, (&simulation{refuseEvery: 2}).step(1))
}

func TestSimulateRefusesFlags(t *testing.T) {
	for want, change := range map[string]func(*simulation){
		`flag address: got "0.0.0.0:80", want a loopback address`: func(s *simulation) { s.address = "0.0.0.0:80" },
		"flag address: address nowhere: missing port":             func(s *simulation) { s.address = "nowhere" },
		"flag batch: got 0, want 1 or more":                       func(s *simulation) { s.batch = 0 },
		"flag size: got 10, want 1000 or more":                    func(s *simulation) { s.size = 10 },
		"flag rate: got -1, want 0 or more":                       func(s *simulation) { s.rate = -1 },
		"flag span: got 9000h0m0s, want at most 8784h0m0s":        func(s *simulation) { s.span = 9000 * time.Hour },
	} {
		s := simulated()
		change(&s)
		require.ErrorContains(t, s.serve(t.Context(), &bytes.Buffer{}), want)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	s := simulated()
	s.address = fmt.Sprint(taken.Addr())
	require.ErrorContains(t, s.serve(t.Context(), &bytes.Buffer{}), "--address")
}
