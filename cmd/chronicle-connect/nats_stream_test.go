//go:build !minimal

package main

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
)

// A natsStream is a stream of JetStream and what has been read of it.
type natsStream struct {
	t        *testing.T
	stream   jetstream.Stream
	messages []*jetstream.RawStreamMsg
}

func createStream(t *testing.T, server *realServer, config jetstream.StreamConfig) *natsStream {
	t.Helper()
	conn, err := nats.Connect("nats://"+server.addr(), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	config.Name, config.Subjects = "CHRONICLE", []string{"chronicle.detections"}
	stream, err := js.CreateStream(t.Context(), config)
	require.NoError(t, err)
	return &natsStream{t: t, stream: stream}
}

func (s *natsStream) ids() ([]string, error) {
	info, err := s.stream.Info(s.t.Context())
	if err != nil {
		return nil, err
	}
	for len(s.messages) < int(info.State.LastSeq) {
		message, err := s.stream.GetMsg(s.t.Context(), uint64(len(s.messages))+1)
		if err != nil {
			return nil, err
		}
		s.messages = append(s.messages, message)
	}
	ids := make([]string, len(s.messages))
	for i, message := range s.messages {
		if ids[i], err = ledger.IDOf(message.Data); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
