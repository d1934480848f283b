package pipelines

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// An export that is stopped before its end exits non-zero, and its last words are how to go
// on. Run again, it does, and ends well.
func TestExportStopped(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	now := time.Now()
	sent := appendHistory(server, now.Add(-30*24*time.Hour), now.Add(-2*time.Hour), 100, 10)
	d := programtest.Deploy(t, server, programtest.Settings{
		Input: []string{
			"instance: " + anyInstance, "on_unresumable_position: search",
			"start_time: " + now.Add(-31*24*time.Hour).UTC().Format(time.RFC3339), "end_time: " + now.Add(-time.Hour).UTC().Format(time.RFC3339),
			"max_batch_count: 20",
		},
		Rest: slowly,
	})
	p := d.Start()
	waiting.For(t, "a part of it", func() bool { return d.Size() > 200_000 })
	p.Terminate()
	require.Equal(t, 1, p.WaitExit(10*time.Second))
	lines := strings.Split(strings.TrimSpace(p.Log.String()), "\n")
	require.Contains(t, lines[len(lines)-1], "is incomplete, since it was interrupted: run the same command again to go on from 20")

	p = d.Start()
	require.Zero(t, p.WaitExit(waiting.Patience))
	times, others := tally(sent, string(d.Written(0)))
	for line, n := range times {
		require.NotZero(t, n, "%.200s is lost", line)
	}
	require.Empty(t, others)

	p = d.Start()
	require.Zero(t, p.WaitExit(waiting.Patience))
	require.Contains(t, p.Log.String(), "Nothing is left to read")
}
