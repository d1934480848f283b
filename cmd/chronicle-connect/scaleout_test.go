//go:build !minimal

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const hasTheLease = "This reader has the lease"

// A postbox is a webhook that keeps what is posted to it.
type postbox struct {
	*httptest.Server

	mu  sync.Mutex // guards got
	got []string   // ids of detections
}

func newPostbox(t *testing.T) *postbox {
	t.Helper()
	p := &postbox{}
	id := regexp.MustCompile(`de_[0-9a-f-]{36}`)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		post, err := io.ReadAll(r.Body)
		if err != nil { // of a worker that was killed
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.got = append(p.got, id.FindString(string(post)))
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *postbox) ids() ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got), nil
}

// deployReader deploys a reader of config/scale-out. Its position is in Redis.
func deployReader(t *testing.T, chronicle *chronicletest.Server, kafka, redis string) *deployment {
	t.Helper()
	return deployFile(t, chronicle, "scale-out/reader.yaml",
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
	kafka, store := startReal(t, "kafka"), startReal(t, "redis")
	createTopic(t, kafka.addr(), "chronicle_detections_by_rule", 4, nil)
	client := redis.NewClient(&redis.Options{Addr: store.addr()})
	t.Cleanup(func() { _ = client.Close() })
	webhook := newPostbox(t)
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	sent := newLedger(chronicle, 1)
	arrival := &arrival{t: t, sent: sent, ids: webhook.ids}

	readers := deployReader(t, chronicle, kafka.addr(), store.addr())
	workers := deployFile(t, chronicle, "scale-out/worker.yaml",
		"KAFKA_ADDRESSES="+kafka.addr(), "KAFKA_SESSION_TIMEOUT=6s", "WEBHOOK_URL="+webhook.URL, "WEBHOOK_POSTS_PER_SECOND=100000")
	reader := readers.start()
	reader.waitLog(hasTheLease)
	standby := readers.start()
	worker := workers.start()
	remaining := []*process{standby, workers.start()}

	fed := sent.feed(300)
	arrival.wait(100)
	worker.kill()
	remaining = append(remaining, workers.start())
	<-fed

	fed = sent.feed(300)
	arrival.wait(350)
	require.NotContains(t, standby.log.String(), hasTheLease, "two have the lease")
	reader.kill()
	standby.waitLog(hasTheLease)
	<-fed
	arrival.wait(600)

	fed = sent.feed(300)
	arrival.wait(650)
	kafka.kill()
	killed := time.Now()
	<-fed
	waitFor(t, "the outage to pass", func() bool { return time.Since(killed) > time.Second })
	kafka.restart()
	arrival.wait(900)

	store.kill()
	<-sent.feed(100)
	arrival.wait(1000)
	store.restart()
	waitFor(t, "the position to be stored", func() bool { return positionIn(t, client).Equal(sent.last()) })
	for _, p := range remaining {
		p.stop()
	}

	rules := rulesOf(t, sent)
	ids, err := webhook.ids()
	require.NoError(t, err)
	sent.requireOrder(t, ids, func(i int) string { return "rule " + rules[ids[i]] })
	t.Logf("scale-out: %d sent, a worker, the reader, Kafka and Redis killed, 0 lost, %d repeated", sent.count(), arrival.repeated)
}

// rulesOf is the rule of each detection, by its id.
func rulesOf(t *testing.T, sent *ledger) map[string]string {
	t.Helper()
	rules := make(map[string]string)
	for id, detection := range sent.byID(t) {
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

// The end of the input is that of the reader, through all that is wrapped around
// it, and the position is that of what is in Kafka.
func TestScaleOutReaderGivesUp(t *testing.T) {
	kafka, store := startKafkaStandIn(t), startReal(t, "redis")
	topic := createTopic(t, kafka.addr(), "chronicle_detections_by_rule", 1, nil)
	client := redis.NewClient(&redis.Options{Addr: store.addr()})
	t.Cleanup(func() { _ = client.Close() })
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	at := chronicle.Append([]byte(`{"id":"de_1"}`))
	chronicle.Script(
		chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Unknown name: Cannot find field."}},
	)
	reader := deployReader(t, chronicle, kafka.addr(), store.addr()).start()
	require.Equal(t, 1, reader.waitExit(patience), "exit code")
	require.Contains(t, reader.log.String(), "the server answered 400 INVALID_ARGUMENT: Unknown name: Cannot find field")
	require.Contains(t, reader.log.String(), "The input has ended, and so does this reader.")
	ids, err := topic.ids()
	require.NoError(t, err)
	require.Equal(t, []string{"de_1"}, ids)
	require.True(t, positionIn(t, client).Equal(at), "the position is stored")
}

func TestScaleOutReaderLosesItsLease(t *testing.T) {
	kafka, store := startKafkaStandIn(t), startReal(t, "redis")
	client := redis.NewClient(&redis.Options{Addr: store.addr()})
	t.Cleanup(func() { _ = client.Close() })
	chronicle := chronicletest.NewServer()
	t.Cleanup(chronicle.Close)
	deployed := deployReader(t, chronicle, kafka.addr(), store.addr())
	reader := deployed.start()
	reader.waitLog(hasTheLease)
	holder := func() string {
		name, err := client.Get(t.Context(), "chronicle_connect_reader").Result()
		require.NoError(t, err)
		return name
	}
	name := holder()

	// Kafka holds the pipeline up: the lease is renewed nevertheless.
	kafka.kill()
	chronicle.Append([]byte(`{"id":"de_1"}`))
	began := time.Now()
	waitFor(t, "the lease to have been renewed", func() bool { return time.Since(began) > 2*3*time.Second })
	require.Equal(t, name, holder())

	// Another one waits, and can be stopped while it does.
	other := deployed.start()
	other.stop()
	require.NotContains(t, other.log.String(), hasTheLease)
	require.Equal(t, name, holder())

	const thief = "another one"
	require.NoError(t, client.Set(t.Context(), "chronicle_connect_reader", thief, 0).Err())
	require.Equal(t, 1, reader.waitExit(patience), "exit code")
	require.Contains(t, reader.log.String(), fmt.Sprintf("The lease of this reader ran out, %s has it now.", thief))
}
