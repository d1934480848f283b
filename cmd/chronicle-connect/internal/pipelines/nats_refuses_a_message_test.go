//go:build !minimal

package pipelines

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A message that the stream won't ever take must neither be lost nor hold up the
// others.
func TestNATSRefusesAMessage(t *testing.T) {
	t.Parallel()
	server := servers.StartReal(t, "nats")
	stream := servers.CreateNATSStream(t, server, jetstream.StreamConfig{MaxMsgSize: 10_000})
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	generator := chronicletest.NewGenerator(1)
	first, tooLarge, last := generator.Detection(1000), generator.Detection(20_000), generator.Detection(1000)
	// The server's own limit is 1 MiB.
	larger := generator.Detection(2_000_000)
	end := chronicle.Append(first, tooLarge, larger, last)

	d := programtest.DeployFile(t, chronicle, "nats.yaml", "NATS_URLS=nats://"+server.Addr())
	process := d.Start()
	waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(end) })
	process.Stop()
	ids, err := stream.IDs()
	require.NoError(t, err)
	require.Len(t, ids, 2)
	require.Equal(t, string(first), string(stream.Messages[0].Data))
	require.Equal(t, string(last), string(stream.Messages[1].Data))

	refused := refusedBy(t, d, true)
	require.Len(t, refused, 2)
	for i, want := range []struct{ body, reason string }{
		{string(tooLarge), "message size exceeds maximum allowed"},
		{string(larger), "maximum payload exceeded"},
	} {
		require.Equal(t, want.body, refused[i].body(t))
		require.Contains(t, refused[i].Reason, want.reason)
	}
}

// A block of headers has at most 64 kB, whatever the message may have.
func TestNATSRefusesHeaders(t *testing.T) {
	t.Parallel()
	server := servers.StartReal(t, "nats")
	stream := servers.CreateNATSStream(t, server, jetstream.StreamConfig{})
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	headed := json.RawMessage(`{"id":"de_headed","detection":[{"ruleName":"` + strings.Repeat("x", 70_000) + `"}]}`)
	end := chronicle.Append(headed, json.RawMessage(`{"id":"de_last"}`))

	d := programtest.DeployFile(t, chronicle, "nats.yaml", "NATS_URLS=nats://"+server.Addr())
	process := d.Start()
	waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(end) })
	process.Stop()
	ids, err := stream.IDs()
	require.NoError(t, err)
	require.Equal(t, []string{"de_last"}, ids)
	refused := refusedBy(t, d, true)
	require.Len(t, refused, 1)
	require.Equal(t, string(headed), refused[0].body(t))
	require.Contains(t, refused[0].Reason, "header size exceeds maximum")
}
