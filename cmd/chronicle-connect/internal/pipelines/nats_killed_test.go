//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

func TestNATS(t *testing.T) {
	t.Parallel()
	server := servers.StartReal(t, "nats")
	stream := servers.CreateNATSStream(t, server, jetstream.StreamConfig{})
	env := "NATS_URLS=nats://" + server.Addr()
	sent := proof.Outage{Config: "nats.yaml", Env: []string{env}, Server: server, IDs: stream.IDs}.Run(t)

	// Each is there once, in the order sent and as it was sent.
	lines := sent.From(0)
	require.Len(t, stream.Messages, len(lines))
	for i, message := range stream.Messages {
		require.Equal(t, string(lines[i]), string(message.Data)+"\n", "message %d", i)
		id, err := ledger.IDOf(message.Data)
		require.NoError(t, err)
		require.Equal(t, []string{id}, message.Header["chronicle_detection_id"])
	}

	// A pipeline that lost its position begins again from the start; JetStream
	// knows it all.
	again := programtest.DeployFile(t, sent.Server, "nats.yaml", env)
	process := again.Start()
	waiting.For(t, "everything to be published again", func() bool { return again.Stored().Equal(sent.Last()) })
	process.Stop()
	ids, err := stream.IDs()
	require.NoError(t, err)
	require.Len(t, ids, len(lines))
}
