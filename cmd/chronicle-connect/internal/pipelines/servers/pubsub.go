//go:build !minimal

package servers

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

// PubSubStandIn is Google's own fake of Pub/Sub, in this process. What it took
// before it was killed is kept here.
type PubSubStandIn struct {
	t    *testing.T
	port int

	mu     sync.Mutex // guards what follows
	server *pstest.Server
	before []*pstest.Message
}

// StartPubSubStandIn starts one that has the topic of the tests, and ends it when the
// test does.
func StartPubSubStandIn(t *testing.T) *PubSubStandIn {
	t.Helper()
	s := &PubSubStandIn{t: t, port: FreePort(t)}
	s.Restart()
	t.Cleanup(s.Kill)
	return s
}

// Restart starts it at the address that it had before.
func (s *PubSubStandIn) Restart() {
	s.t.Helper()
	server := pstest.NewServerWithAddress(s.Addr())
	_, err := server.GServer.CreateTopic(s.t.Context(), &pubsubpb.Topic{Name: pubsubTopic})
	require.NoError(s.t, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server = server
}

// Addr is host and port.
func (s *PubSubStandIn) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Kill breaks all connections and ends it.
func (s *PubSubStandIn) Kill() {
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

// Messages are all that were taken so far.
func (s *PubSubStandIn) Messages() []*pstest.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clip(s.before)
	if s.server != nil {
		all = append(all, s.server.Messages()...)
	}
	return all
}
