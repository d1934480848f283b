package pipelines

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The stored position never covers what the output was not done with.
func TestKilledWithTheOutputBlocked(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	hook := servers.NewWebhook(t, 13)
	l := ledger.New(server, 1)
	for range 12 {
		l.Append(5, 1200)
	}
	d := programtest.Deploy(t, server, programtest.Settings{Input: []string{"start_time: 1h"}, Output: hook.Output(1)})
	p := d.Start()
	waiting.For(t, "the position of the second batch", func() bool { return l.Until(d.Stored()) == 10 })
	waiting.For(t, "a post to wait for its answer", func() bool { return len(hook.Got(0)) == 13 && hook.Holds() == 1 })
	p.Kill()
	require.Equal(t, 10, l.Until(d.Stored()))

	waiting.For(t, "the webhook to notice", func() bool { return hook.Holds() == 0 })
	hook.AnswerAll()
	p = d.Start()
	waiting.For(t, "the rest", func() bool { return len(hook.Got(13)) >= l.Count()-10 })
	p.Stop()
	require.Equal(t, l.Detections(10, l.Count()), hook.Got(13))
}
