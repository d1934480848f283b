package pipelines

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// An output that never answers can't hold the process up for longer than
// shutdown_timeout. What it was at is not covered by the position.
func TestStopWithTheOutputBlocked(t *testing.T) {
	for _, set := range []string{"auto_replay_nacks: true", "auto_replay_nacks: false"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel() // it is waiting that takes the time
			server := chronicletest.NewServer()
			defer server.Close()
			// One in flight, so that the answers are of the first two batches and
			// of a part of the third.
			hook := servers.NewWebhook(t, 13)
			l := ledger.New(server, 1)
			for range 12 {
				l.Append(5, 1200)
			}
			d := programtest.Deploy(t, server, programtest.Settings{
				Input:  []string{"start_time: 1h", set},
				Output: hook.Output(1),
				Rest:   "shutdown_timeout: 4s",
			})
			p := d.Start()
			waiting.For(t, "a post to wait for its answer", func() bool { return len(hook.Got(0)) == 13 && hook.Holds() == 1 })
			p.Terminate()
			// After three quarters of the time Benthos lets go of what is in
			// flight. If all ends by that, it is as good as any other end; if
			// not, the exit code is 1 a second after the timeout.
			require.Zero(t, p.WaitExit(4*time.Second+5*time.Second), "exit code")
			require.NotContains(t, p.Log.String(), "goroutine profile", "it dumped its stack")
			require.Equal(t, 10, l.Until(d.Stored()), "the position covers the batches that were answered to the end")
			require.Equal(t, l.Detections(0, 13), hook.Got(0))

			waiting.For(t, "the webhook to notice", func() bool { return hook.Holds() == 0 })
			hook.AnswerAll()
			p = d.Start()
			waiting.For(t, "the rest", func() bool { return len(hook.Got(13)) >= l.Count()-10 })
			p.Stop()
			require.Equal(t, l.Detections(10, l.Count()), hook.Got(13))
			require.Equal(t, l.Count(), l.Until(d.Stored()))
		})
	}
}
