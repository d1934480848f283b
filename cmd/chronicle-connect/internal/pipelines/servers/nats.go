//go:build !minimal

package servers

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
)

// A NATSStream is a stream of JetStream and what has been read of it.
type NATSStream struct {
	t        *testing.T
	stream   jetstream.Stream
	Messages []*jetstream.RawStreamMsg
}

// CreateNATSStream makes the stream that nats.yaml publishes to, with settings as
// JetStream calls them.
func CreateNATSStream(t *testing.T, server *Real, config jetstream.StreamConfig) *NATSStream {
	t.Helper()
	conn, err := nats.Connect("nats://"+server.Addr(), nats.MaxReconnects(-1))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	config.Name, config.Subjects = "CHRONICLE", []string{"chronicle.detections"}
	stream, err := js.CreateStream(t.Context(), config)
	require.NoError(t, err)
	return &NATSStream{t: t, stream: stream}
}

// read reads what there is to read.
func (s *NATSStream) read() error {
	info, err := s.stream.Info(s.t.Context())
	if err != nil {
		return err
	}
	for len(s.Messages) < int(info.State.LastSeq) {
		message, err := s.stream.GetMsg(s.t.Context(), uint64(len(s.Messages))+1)
		if err != nil {
			return err
		}
		s.Messages = append(s.Messages, message)
	}
	return nil
}

// Data is that of the messages.
func (s *NATSStream) Data() (data []string, err error) {
	err = s.read()
	for _, message := range s.Messages {
		data = append(data, string(message.Data))
	}
	return data, err
}

// IDs are those in the messages' data.
func (s *NATSStream) IDs() ([]string, error) {
	err := s.read()
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(s.Messages))
	for i, message := range s.Messages {
		if ids[i], err = ledger.IDOf(message.Data); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
