//go:build !minimal

package pipelines

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestScaleOutReaderLosesItsLease(t *testing.T) {
	t.Parallel()
	kafka, store := servers.StartKafkaStandIn(t), servers.StartReal(t, "redis")
	client := redis.NewClient(&redis.Options{Addr: store.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	deployed := deployReader(t, chronicle, kafka.Addr(), store.Addr())
	reader := deployed.Start()
	reader.WaitLog(hasTheLease)
	holder := func() string {
		name, err := client.Get(t.Context(), "chronicle_connect_reader").Result()
		require.NoError(t, err)
		return name
	}
	name := holder()

	// Kafka holds the pipeline up: the lease is renewed nevertheless.
	kafka.Kill()
	chronicle.Append([]byte(`{"id":"de_1"}`))
	began := time.Now()
	waiting.For(t, "the lease to have been renewed", func() bool { return time.Since(began) > 2*3*time.Second })
	require.Equal(t, name, holder())

	// Another one waits, and can be stopped while it does.
	other := deployed.Start()
	other.Stop()
	require.NotContains(t, other.Log.String(), hasTheLease)
	require.Equal(t, name, holder())

	const thief = "another one"
	require.NoError(t, client.Set(t.Context(), "chronicle_connect_reader", thief, 0).Err())
	require.Equal(t, 1, reader.WaitExit(waiting.Patience), "exit code")
	require.Contains(t, reader.Log.String(), fmt.Sprintf("The lease of this reader ran out, %s has it now.", thief))
}
