//go:build !minimal

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
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
		if ids[i], err = idOf(message.Data); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func TestNATS(t *testing.T) {
	server := startReal(t, "nats")
	stream := createStream(t, server, jetstream.StreamConfig{})
	env := "NATS_URLS=nats://" + server.addr()
	sent := proof{config: "nats.yaml", env: []string{env}, server: server, ids: stream.ids}.run(t)

	// Each is there once, in the order sent and as it was sent.
	lines := sent.from(0)
	require.Len(t, stream.messages, len(lines))
	for i, message := range stream.messages {
		require.Equal(t, string(lines[i]), string(message.Data)+"\n", "message %d", i)
		id, err := idOf(message.Data)
		require.NoError(t, err)
		require.Equal(t, []string{id}, message.Header["chronicle_detection_id"])
	}

	// A pipeline that lost its position begins again from the start; JetStream
	// knows it all.
	again := deployFile(t, sent.server, "nats.yaml", env)
	process := again.start()
	waitFor(t, "everything to be published again", func() bool { return again.stored().Equal(sent.last()) })
	process.stop()
	ids, err := stream.ids()
	require.NoError(t, err)
	require.Len(t, ids, len(lines))
}

// A message that the stream won't ever take must neither be lost nor hold up the
// others.
func TestNATSRefusesAMessage(t *testing.T) {
	server := startReal(t, "nats")
	stream := createStream(t, server, jetstream.StreamConfig{MaxMsgSize: 10_000})
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	generator := chronicletest.NewGenerator(1)
	first, tooLarge, last := generator.Detection(1000), generator.Detection(20_000), generator.Detection(1000)
	// The server's own limit is 1 MiB.
	larger := generator.Detection(2_000_000)
	end := chronicle.Append(first, tooLarge, larger, last)

	d := deployFile(t, chronicle, "nats.yaml", "NATS_URLS=nats://"+server.addr())
	process := d.start()
	waitFor(t, "the position to be stored", func() bool { return d.stored().Equal(end) })
	process.stop()
	ids, err := stream.ids()
	require.NoError(t, err)
	require.Len(t, ids, 2)
	require.Equal(t, string(first), string(stream.messages[0].Data))
	require.Equal(t, string(last), string(stream.messages[1].Data))

	refused := strings.Split(strings.TrimSpace(string(d.read("nats_refused.jsonl"))), "\n")
	require.Len(t, refused, 2)
	for i, want := range []struct{ data, reason string }{
		{string(tooLarge), "message size exceeds maximum allowed"},
		{string(larger), "maximum payload exceeded"},
	} {
		var kept struct{ Data, Reason string }
		require.NoError(t, json.Unmarshal([]byte(refused[i]), &kept))
		require.Equal(t, want.data, kept.Data)
		require.Contains(t, kept.Reason, want.reason)
	}
}
