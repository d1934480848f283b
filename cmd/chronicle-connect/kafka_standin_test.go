//go:build !minimal

package main

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A kafkaStandIn is a broker inside of the test, for where there is no real one.
// Killing it breaks its connections and lets no other come about, in the midst of
// requests too; unlike a real one it has its memory afterwards.
type kafkaStandIn struct {
	cluster *kfake.Cluster

	mu    sync.Mutex // guards what follows
	down  bool
	conns map[net.Conn]struct{}
}

func startKafkaStandIn(t *testing.T, opts ...kfake.Opt) *kafkaStandIn {
	t.Helper()
	k := &kafkaStandIn{conns: make(map[net.Conn]struct{})}
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.ListenFn(k.listen))...)
	require.NoError(t, err)
	k.cluster = cluster
	t.Cleanup(cluster.Close)
	return k
}

func (k *kafkaStandIn) addr() string { return k.cluster.ListenAddrs()[0] }

func (k *kafkaStandIn) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = true
	for conn := range k.conns {
		_ = conn.Close() // it may be closed already
	}
	clear(k.conns)
}

func (k *kafkaStandIn) restart() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = false
}

func (k *kafkaStandIn) listen(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, address)
	return killableListener{listener, k}, err
}

type killableListener struct {
	net.Listener
	kafka *kafkaStandIn
}

func (l killableListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.kafka.mu.Lock()
		down := l.kafka.down
		if !down {
			l.kafka.conns[conn] = struct{}{}
		}
		l.kafka.mu.Unlock()
		if !down {
			return conn, nil
		}
		_ = conn.Close() // as good as refused
	}
}
