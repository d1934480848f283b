package simulate

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func simulated() simulation {
	return simulation{address: "127.0.0.1:0", history: 10, span: time.Hour, batch: 3, size: 1000, rate: 1, heartbeat: time.Second, seed: 1}
}

func TestSimulateStopsByItself(t *testing.T) {
	s := simulated()
	s.credentials = filepath.Join(t.TempDir(), "credentials.json")
	s.rate, s.limit = 0, time.Millisecond
	var shown bytes.Buffer
	require.NoError(t, s.serve(context.Background(), &shown))
	require.Contains(t, shown.String(), "export CHRONICLE_BASE_URL=http://127.0.0.1:")
	require.Contains(t, shown.String(), "export CHRONICLE_START_TIME=20")
	require.Contains(t, shown.String(), "10 detections in the history")
	require.FileExists(t, s.credentials)
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
		"flag span: got 200h0m0s, want at most 167h0m0s":          func(s *simulation) { s.span = 200 * time.Hour },
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
	require.ErrorContains(t, s.serve(t.Context(), &bytes.Buffer{}), "listening: ")
}
