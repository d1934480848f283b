//go:build !minimal

package pipelines

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Records that the broker won't ever take must neither be lost nor hold up the
// others.
func TestKafkaRefusesRecords(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, broker broker) {
		topic := servers.CreateKafkaTopic(t, broker.Addr(), "chronicle_detections", 1, map[string]string{"max.message.bytes": "20000"})
		env := []string{"KAFKA_ADDRESSES=" + broker.Addr()}
		if _, ok := broker.(*servers.KafkaStandIn); ok {
			// It takes records of any size, so the client's own limit has to do.
			env = append(env, "KAFKA_MAX_MESSAGE_BYTES=20000")
		}
		server := chronicletest.NewServer()
		t.Cleanup(server.Close)
		generator := chronicletest.NewGenerator(1)
		var batch []json.RawMessage
		refused := make(map[string]string) // by id
		for i := range 40 {
			size := 1000
			if slices.Contains([]int{0, 10, 11, 39}, i) {
				size = 400_000
			}
			batch = append(batch, generator.Detection(size))
			if size > 1000 {
				id, err := ledger.IDOf(batch[i])
				require.NoError(t, err)
				refused[id] = string(batch[i])
			}
		}
		server.Append(batch...)
		last := server.Append(generator.Detections(5, 1000)...)

		d := programtest.DeployFile(t, server, "kafka.yaml", env...)
		process := d.Start()
		waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(last) })
		process.Stop()

		ids, err := topic.IDs()
		require.NoError(t, err)
		t.Logf("%d records for %d detections", len(ids), 40-len(refused)+5)
		slices.Sort(ids)
		require.Len(t, slices.Compact(ids), 40-len(refused)+5)
		lost := maps.Clone(refused)
		for _, kept := range refusedBy(t, d, true) {
			require.Equal(t, refused[kept.ID], kept.body(t), "what is kept of %s", kept.ID)
			require.Equal(t, map[string]string{"topic": "chronicle_detections", "key": kept.ID}, kept.Destination)
			require.Contains(t, kept.Reason, "MESSAGE_TOO_LARGE")
			delete(lost, kept.ID)
		}
		require.Empty(t, slices.Collect(maps.Keys(lost)), "neither written nor kept")
	})
}

// Where everything is refused, in many batches at a time, everything is kept, and what
// comes then is written.
func TestKafkaRefusesEverything(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, broker broker) {
		topic := servers.CreateKafkaTopic(t, broker.Addr(), "chronicle_detections", 1, map[string]string{"max.message.bytes": "20000"})
		env := []string{"KAFKA_ADDRESSES=" + broker.Addr()}
		if _, ok := broker.(*servers.KafkaStandIn); ok {
			env = append(env, "KAFKA_MAX_MESSAGE_BYTES=20000") // it takes records of any size
		}
		server := chronicletest.NewServer()
		t.Cleanup(server.Close)
		sent := ledger.New(server, 1)
		for range 10 {
			sent.Append(3, 100_000)
		}
		large := sent.Count()
		last := sent.Append(1, 1000)
		d := programtest.DeployFile(t, server, "kafka.yaml", env...)
		process := d.Start()
		waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(last) })
		process.Stop()
		ids, err := topic.IDs()
		require.NoError(t, err)
		require.Len(t, slices.Compact(ids), 1)
		kept := make(map[string]bool)
		for _, r := range refusedBy(t, d, true) {
			kept[r.ID] = true
		}
		require.Len(t, kept, large)
	})
}
