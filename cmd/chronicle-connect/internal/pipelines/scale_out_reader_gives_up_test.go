//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The end of the input is that of the reader, through all that is wrapped around
// it, and the position is that of what is in Kafka.
func TestScaleOutReaderGivesUp(t *testing.T) {
	t.Parallel()
	kafka, store := servers.StartKafkaStandIn(t), servers.StartReal(t, "redis")
	topic := servers.CreateKafkaTopic(t, kafka.Addr(), "chronicle_detections_by_rule", 1, nil)
	client := redis.NewClient(&redis.Options{Addr: store.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	at := chronicle.Append([]byte(`{"id":"de_1"}`))
	chronicle.Script(
		chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Unknown name: Cannot find field."}},
	)
	reader := deployReader(t, chronicle, kafka.Addr(), store.Addr()).Start()
	require.Equal(t, 1, reader.WaitExit(waiting.Patience), "exit code")
	require.Contains(t, reader.Log.String(), "the server answered 400 INVALID_ARGUMENT: Unknown name: Cannot find field")
	require.Contains(t, reader.Log.String(), "The input has ended, and so does this reader.")
	ids, err := topic.IDs()
	require.NoError(t, err)
	require.Equal(t, []string{"de_1"}, ids)
	require.True(t, positionIn(t, client).Equal(at), "the position is stored")
}
