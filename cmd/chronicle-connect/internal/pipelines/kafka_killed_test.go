//go:build !minimal

package pipelines

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// A broker is what a test of Kafka runs against.
type broker interface {
	proof.Killable
	Addr() string
}

// onBrokers runs a test against the stand-in, and against a real broker where
// one is installed.
func onBrokers(t *testing.T, test func(t *testing.T, broker broker)) {
	t.Helper()
	t.Run("stand-in", func(t *testing.T) { test(t, servers.StartKafkaStandIn(t)) })
	t.Run("real", func(t *testing.T) { test(t, servers.StartReal(t, "kafka")) })
}

func TestKafka(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, broker broker) {
		topic := servers.CreateKafkaTopic(t, broker.Addr(), "chronicle_detections", 4, nil)
		sent := proof.Outage{
			Config: "kafka.yaml",
			Env:    []string{"KAFKA_ADDRESSES=" + broker.Addr()},
			Server: broker,
			IDs:    topic.IDs,
		}.Run(t)

		byID := sent.ByID(t)
		for _, record := range topic.Records {
			id := string(record.Key)
			require.Equal(t, string(byID[id]), string(record.Value), "the value of record %s", id)
			headers := headersOf(record)
			require.Equal(t, id, headers["chronicle_detection_id"])
			require.Contains(t, headers, "chronicle_rule_id")
			for name := range headers {
				require.True(t, strings.HasPrefix(name, "chronicle_"), "header %s", name)
			}
		}
		ids, err := topic.IDs()
		require.NoError(t, err)
		sent.RequireOrder(t, ids, func(i int) string { return fmt.Sprint("partition ", topic.Records[i].Partition) })
	})
}

func headersOf(record *kgo.Record) map[string]string {
	headers := make(map[string]string)
	for _, header := range record.Headers {
		headers[header.Key] = string(header.Value)
	}
	return headers
}
