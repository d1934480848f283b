//go:build !minimal

package pipelines

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const hasTheLease = "This reader has the lease"

// deployReader deploys a reader of config/scale-out. Its position is in Redis.
func deployReader(t *testing.T, chronicle *chronicletest.Server, kafka, redis string) *programtest.Deployment {
	t.Helper()
	return programtest.DeployFile(t, chronicle, "scale-out/reader.yaml",
		"REDIS_URL=redis://"+redis, "KAFKA_ADDRESSES="+kafka, "LEASE_TTL=3s", "LEASE_RENEWAL=1s")
}

// positionIn is the position that is stored in Redis, zero if none is.
func positionIn(t *testing.T, client *redis.Client) time.Time {
	t.Helper()
	text, err := client.Get(t.Context(), "scale_out_position").Bytes()
	if err != nil {
		return time.Time{}
	}
	var position struct {
		ContinuationTime time.Time `json:"continuation_time"`
	}
	require.NoError(t, json.Unmarshal(text, &position))
	return position.ContinuationTime
}

// Everything dies in turn: a worker, the reader, Kafka, Redis.
func TestScaleOut(t *testing.T) {
	t.Parallel()
	kafka, store := servers.StartReal(t, "kafka"), servers.StartReal(t, "redis")
	servers.CreateKafkaTopic(t, kafka.Addr(), "chronicle_detections_by_rule", 4, nil)
	client := redis.NewClient(&redis.Options{Addr: store.Addr()})
	t.Cleanup(func() { _ = client.Close() })
	webhook := servers.NewPostbox(t)
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	sent := ledger.New(chronicle, 1)
	arrival := proof.NewArrival(t, sent, webhook.IDs)

	readers := deployReader(t, chronicle, kafka.Addr(), store.Addr())
	workers := programtest.DeployFile(t, chronicle, "scale-out/worker.yaml",
		"KAFKA_ADDRESSES="+kafka.Addr(), "KAFKA_SESSION_TIMEOUT=6s", "WEBHOOK_URL="+webhook.URL, "WEBHOOK_POSTS_PER_SECOND=100000")
	reader := readers.Start()
	reader.WaitLog(hasTheLease)
	standby := readers.Start()
	worker := workers.Start()
	remaining := []*programtest.Process{standby, workers.Start()}

	fed := sent.Feed(300)
	arrival.Wait(100)
	worker.Kill()
	remaining = append(remaining, workers.Start())
	<-fed

	fed = sent.Feed(300)
	arrival.Wait(350)
	require.NotContains(t, standby.Log.String(), hasTheLease, "two have the lease")
	reader.Kill()
	standby.WaitLog(hasTheLease)
	<-fed
	arrival.Wait(600)

	fed = sent.Feed(300)
	arrival.Wait(650)
	kafka.Kill()
	killed := time.Now()
	<-fed
	waiting.For(t, "the outage to pass", func() bool { return time.Since(killed) > time.Second })
	kafka.Restart()
	arrival.Wait(900)

	store.Kill()
	<-sent.Feed(100)
	arrival.Wait(1000)
	store.Restart()
	waiting.For(t, "the position to be stored", func() bool { return positionIn(t, client).Equal(sent.Last()) })
	for _, p := range remaining {
		p.Stop()
	}

	rules := rulesOf(t, sent)
	ids, err := webhook.IDs()
	require.NoError(t, err)
	sent.RequireOrder(t, ids, func(i int) string { return "rule " + rules[ids[i]] })
	t.Logf("scale-out: %d sent, a worker, the reader, Kafka and Redis killed, 0 lost, %d repeated", sent.Count(), arrival.Repeated)
}

// rulesOf is the rule of each detection, by its id.
func rulesOf(t *testing.T, sent *ledger.Ledger) map[string]string {
	t.Helper()
	rules := make(map[string]string)
	for id, detection := range sent.ByID(t) {
		var fields struct {
			Detection []struct {
				RuleID string `json:"ruleId"`
			} `json:"detection"`
		}
		require.NoError(t, json.Unmarshal(detection, &fields))
		require.NotEmpty(t, fields.Detection[0].RuleID)
		rules[id] = fields.Detection[0].RuleID
	}
	return rules
}
