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

// What the output is at is finished, and then covered by the position.
func TestStopWithWorkInFlight(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	hook := servers.NewWebhook(t, 15)
	l := ledger.New(server, 1)
	for range 12 {
		l.Append(5, 1200)
	}
	d := programtest.Deploy(t, server, programtest.Settings{
		Input:  []string{"start_time: 1h"},
		Output: hook.Output(4),
		Rest:   "logger: {level: debug}",
	})
	p := d.Start()
	waiting.For(t, "posts to wait for their answers", func() bool { return hook.Holds() == 4 })
	p.Terminate()
	// The receiver is so slow that the reading has ended long before it answers.
	p.WaitLog("Waiting for pending acks to resolve before shutting down.")
	hook.AnswerAll()
	require.Zero(t, p.WaitExit(10*time.Second), "exit code")
	covered := l.Until(d.Stored())
	require.GreaterOrEqual(t, covered, 15+4, "what was answered and what was held")
	require.Less(t, covered, l.Count(), "it went on reading after the signal")
	require.ElementsMatch(t, l.Detections(0, covered), hook.Got(0), "the position covers what was delivered, and nothing else")

	l.Append(5, 1200)
	p = d.Start()
	waiting.For(t, "the rest", func() bool { return len(hook.Got(0)) >= l.Count() })
	p.Stop()
	require.ElementsMatch(t, l.Detections(covered, l.Count()), hook.Got(covered), "nothing is lost and nothing repeated")
	require.Equal(t, l.Count(), l.Until(d.Stored()))
}

// What is refused while the process stops is not delivered any more, and holds
// the position back from what was delivered after it.
func TestStopWithWorkRefused(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	hook := servers.NewWebhook(t, 0)
	l := ledger.New(server, 1)
	for range 4 {
		l.Append(1, 1200)
	}
	d := programtest.Deploy(t, server, programtest.Settings{
		Input:  []string{"start_time: 1h"},
		Output: hook.Output(4),
		Rest:   "logger: {level: debug}",
	})
	p := d.Start()
	waiting.For(t, "posts to wait for their answers", func() bool { return hook.Holds() == 4 })
	p.Terminate()
	p.WaitLog("Waiting for pending acks to resolve before shutting down.")
	hook.Refuse(l.Detections(1, 2)[0])
	hook.AnswerAll()
	require.Zero(t, p.WaitExit(10*time.Second), "exit code")
	require.Equal(t, 1, l.Until(d.Stored()), "what is before the refused one")
	require.Len(t, hook.Got(0), 3)

	hook.Refuse("")
	p = d.Start()
	waiting.For(t, "the rest", func() bool { return len(hook.Got(3)) >= 3 })
	p.Stop()
	require.ElementsMatch(t, l.Detections(1, 4), hook.Got(3))
	require.Equal(t, 4, l.Until(d.Stored()))
}
