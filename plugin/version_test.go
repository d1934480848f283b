package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// versionsOf runs batches through chronicle_version and returns the versions that
// messages have then, by their bodies.
func versionsOf(t *testing.T, threads int, batches ...service.MessageBatch) map[string]string {
	t.Helper()
	var mu sync.Mutex // guards versions
	versions := make(map[string]string)
	builder := service.NewStreamBuilder()
	builder.SetThreads(threads)
	send, err := builder.AddBatchProducerFunc()
	require.NoError(t, errors.Join(
		err,
		builder.SetLoggerYAML("level: none"),
		builder.AddProcessorYAML("chronicle_version: {}"),
		builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
			mu.Lock()
			defer mu.Unlock()
			for _, message := range batch {
				body, err := message.AsBytes()
				if err != nil {
					return err
				}
				versions[string(body)], _ = message.MetaGet("chronicle_version")
			}
			return nil
		}),
	))
	stream, err := builder.Build()
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(t.Context()) }()
	for _, batch := range batches {
		require.NoError(t, send(t.Context(), batch))
	}
	require.NoError(t, stream.Stop(t.Context()))
	require.NoError(t, <-ended)
	return versions
}

// versionedMessage is a version of the detection de_1 as the input hands it on.
func versionedMessage(body string) *service.Message {
	message := service.NewMessage([]byte(body))
	message.MetaSetMut("chronicle_detection_id", "de_1")
	return message
}

func TestVersionProcessor(t *testing.T) {
	created := `{"createdTime":"2026-01-01T00:00:00Z"}`
	changed := `{"createdTime":"2026-01-01T00:00:00Z","a":1}`
	updated := `{"createdTime":"2026-01-01T00:00:00Z","lastUpdatedTime":"2026-01-01T00:00:00.001Z"}`
	// A message that was kept as refused keeps its version, whatever has been received.
	kept := plugin.Refused{Format: "raw", Body: []byte(created + " "), Metadata: map[string]string{"chronicle_version": "7"}}
	wrong := versionedMessage(created + "  ")
	wrong.MetaSetMut("chronicle_version", "-1")
	require.Equal(t, map[string]string{
		created:        "1767225600000000",
		changed:        "1767225600000001",
		updated:        "1767225600001000",
		created + " ":  "7",
		created + "  ": "1767225600000002",
	}, versionsOf(t, 1,
		service.MessageBatch{versionedMessage(created), versionedMessage(changed)},
		service.MessageBatch{versionedMessage(updated)},
		service.MessageBatch{versionedMessage(created), kept.Message(), wrong},
	))
}

// The processors of several threads number the versions of a detection together.
func TestVersionProcessorThreads(t *testing.T) {
	var batches []service.MessageBatch
	for i := range 200 {
		batches = append(batches, service.MessageBatch{versionedMessage(fmt.Sprintf(`{"createdTime":"2026-01-01T00:00:00Z","a":%d}`, i%10))})
	}
	versions := versionsOf(t, 4, batches...)
	require.Len(t, versions, 10)
	taken := make(map[string]bool)
	for _, version := range versions {
		taken[version] = true
	}
	require.Len(t, taken, 10)
}
