//go:build !minimal

package pipelines

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Odd detections among good ones, into Kafka.
func TestKafkaPoison(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, broker broker) {
		topic := servers.CreateKafkaTopic(t, broker.Addr(), "chronicle_detections", 1, nil)
		server := chronicletest.NewServer()
		t.Cleanup(server.Close)
		d := programtest.DeployFile(t, server, "kafka.yaml", "KAFKA_ADDRESSES="+broker.Addr())
		large := map[string]string{"large": `{"id":"de_large","mark":"mark of large","text":"` + strings.Repeat("x", 2<<20) + `"}`}
		provePoison(t, server, d, large, func() string {
			values, err := topic.Values()
			require.NoError(t, err)
			return strings.Join(values, "\n")
		})
		for _, kept := range refusedBy(t, d, false) {
			require.Equal(t, "de_large", kept.ID, "only its size is refused")
		}
	})
}

// Odd detections among good ones, into JetStream.
func TestNATSPoison(t *testing.T) {
	t.Parallel()
	nats := servers.StartReal(t, "nats")
	stream := servers.CreateNATSStream(t, nats, jetstream.StreamConfig{})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "nats.yaml", "NATS_URLS=nats://"+nats.Addr())
	large := map[string]string{"large": `{"id":"de_large","mark":"mark of large","text":"` + strings.Repeat("x", 2<<20) + `"}`}
	provePoison(t, server, d, large, func() string {
		data, err := stream.Data()
		require.NoError(t, err)
		return strings.Join(data, "\n")
	})
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, "de_large", kept[0].ID)
}

// Odd detections among good ones, into Pub/Sub.
func TestPubSubPoison(t *testing.T) {
	t.Parallel()
	standIn := servers.StartPubSubStandIn(t)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "pubsub.yaml", "PUBSUB_EMULATOR_HOST="+standIn.Addr(),
		"PUBSUB_PROJECT=project", "PUBSUB_TOPIC=detections", "PUBSUB_CREDENTIALS_JSON=")
	large := map[string]string{"large": `{"id":"de_large","mark":"mark of large","text":"` + strings.Repeat("x", 10<<20) + `"}`}
	provePoison(t, server, d, large, func() string {
		var data strings.Builder
		for _, message := range standIn.Messages() {
			data.Write(message.Data)
			data.WriteByte('\n')
		}
		return data.String()
	})
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, "de_large", kept[0].ID)
	require.Contains(t, kept[0].Reason, "bytes are too many for Pub/Sub")
}
