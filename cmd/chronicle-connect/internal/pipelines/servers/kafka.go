//go:build !minimal

package servers

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A KafkaStandIn is a broker inside of the test, for where there is no real one.
// Killing it breaks its connections and lets no other come about, in the midst of
// requests too; unlike a real one it has its memory afterwards.
type KafkaStandIn struct {
	cluster *kfake.Cluster

	mu    sync.Mutex // guards what follows
	down  bool
	conns map[net.Conn]struct{}
}

// StartKafkaStandIn starts one, which ends with the test.
func StartKafkaStandIn(t *testing.T, opts ...kfake.Opt) *KafkaStandIn {
	t.Helper()
	k := &KafkaStandIn{conns: make(map[net.Conn]struct{})}
	cluster, err := kfake.NewCluster(append(opts, kfake.NumBrokers(1), kfake.ListenFn(k.listen))...)
	require.NoError(t, err)
	k.cluster = cluster
	t.Cleanup(cluster.Close)
	return k
}

// Addr is host and port.
func (k *KafkaStandIn) Addr() string { return k.cluster.ListenAddrs()[0] }

// Kill breaks all connections, and those to come.
func (k *KafkaStandIn) Kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = true
	for conn := range k.conns {
		_ = conn.Close() // it may be closed already
	}
	clear(k.conns)
}

// Restart lets connections come about again.
func (k *KafkaStandIn) Restart() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.down = false
}

func (k *KafkaStandIn) listen(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, address)
	return killableListener{listener, k}, err
}

type killableListener struct {
	net.Listener
	kafka *KafkaStandIn
}

// Accept implements net.Listener.
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
