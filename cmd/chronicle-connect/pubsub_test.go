//go:build !minimal

package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/stretchr/testify/require"
)

const pubsubTopic = "projects/project/topics/detections"

// pubsubStandIn is Google's own fake of Pub/Sub, in this process. What it took
// before it was killed is kept here.
type pubsubStandIn struct {
	t    *testing.T
	port int

	mu     sync.Mutex // guards what follows
	server *pstest.Server
	before []*pstest.Message
}

func (s *pubsubStandIn) restart() {
	s.t.Helper()
	server := pstest.NewServerWithAddress(s.addr())
	_, err := server.GServer.CreateTopic(s.t.Context(), &pubsubpb.Topic{Name: pubsubTopic})
	require.NoError(s.t, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = server
}

func (s *pubsubStandIn) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *pubsubStandIn) kill() {
	s.t.Helper()
	s.mu.Lock()
	server := s.server
	s.mu.Unlock()
	_ = server.Close() // it breaks connections off, as it should
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = append(s.before, server.Messages()...)
	s.server = nil
}

// messages are all that were taken so far.
func (s *pubsubStandIn) messages() []*pstest.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clip(s.before)
	if s.server != nil {
		all = append(all, s.server.Messages()...)
	}
	return all
}

// TestPubSub proves pubsub.yaml with Google's fake.
func TestPubSub(t *testing.T) {
	standIn := &pubsubStandIn{t: t, port: freePort(t)}
	standIn.restart()
	t.Cleanup(standIn.kill)
	sent := proof{
		config: "pubsub.yaml",
		env: []string{
			"PUBSUB_EMULATOR_HOST=" + standIn.addr(),
			"PUBSUB_PROJECT=project", "PUBSUB_TOPIC=detections", "PUBSUB_CREDENTIALS_JSON=",
		},
		server: standIn,
		ids: func() ([]string, error) {
			var ids []string
			for _, message := range standIn.messages() {
				id, err := idOf(message.Data)
				if err != nil {
					return nil, err
				}
				ids = append(ids, id)
			}
			return ids, nil
		},
	}.run(t)

	byID := sent.byID(t)
	for _, message := range standIn.messages() {
		id := message.Attributes["chronicle_detection_id"]
		require.Equal(t, string(byID[id]), string(message.Data))
		require.NotEmpty(t, message.Attributes["chronicle_rule_id"])
		require.Empty(t, message.OrderingKey)
	}
}
