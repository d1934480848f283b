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

func startPubSubStandIn(t *testing.T) *pubsubStandIn {
	t.Helper()
	s := &pubsubStandIn{t: t, port: freePort(t)}
	s.restart()
	t.Cleanup(s.kill)
	return s
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
