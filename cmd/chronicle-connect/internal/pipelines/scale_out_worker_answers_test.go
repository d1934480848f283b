//go:build !minimal

package pipelines

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestWorkerAnswers has a post answered by each no in turn, and its worker killed in the
// middle of that: the post is sent again until it is taken, and nothing overtakes it. What
// is refused for good goes to the topic of refused ones, byte for byte.
func TestWorkerAnswers(t *testing.T) {
	t.Parallel()
	answers := noes(
		servers.Answer{Status: 200, Body: `{"ok":true}`},
		servers.Answer{Status: 200, Body: `{"name":"other"}`},
		servers.Answer{Status: 400, Body: "<html>Bad request</html>"},
		servers.Answer{Status: 410, Body: "channel_is_archived"},
	)
	webhook := servers.StartAnswering(t, func(body string) servers.Answer {
		if strings.Contains(body, "de_refused") {
			return servers.Answer{Status: 400, Body: "invalid_payload"}
		}
		return servers.Answer{Status: 200, Body: "ok"}
	}, answers...)
	kafka := servers.StartKafkaStandIn(t)
	topic := servers.CreateKafkaTopic(t, kafka.Addr(), "chronicle_detections_by_rule", 1, nil)
	refused := servers.CreateKafkaTopic(t, kafka.Addr(), "chronicle_detections_by_rule_refused", 1, nil)
	// Without metadata the rule's name and the id are not in the post, so they are told
	// apart by the link.
	detection := func(id string) string {
		return `{"detection":[{"urlBackToProduct":"https://example.test/` + id + `"}]}`
	}
	topic.Append(detection("de_first"), detection("de_refused"), detection("de_last"))

	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "scale-out/worker.yaml",
		"KAFKA_ADDRESSES="+kafka.Addr(), "KAFKA_SESSION_TIMEOUT=6s", "WEBHOOK_URL="+webhook.URL, "WEBHOOK_POSTS_PER_SECOND=100000")
	d.Args = append(append(d.Args, withoutWaits(orderedRetry)...),
		"--set", "output.drop_on.output.retry.output.processors.1.http.retry_period=10ms")
	process := d.Start()
	waiting.For(t, "some answers", func() bool { return len(webhook.Bodies()) > len(answers)/2 })
	process.Kill()
	committed, err := topic.Committed("chronicle_workers")
	require.NoError(t, err)
	if committed > 0 {
		require.Greater(t, len(webhook.Bodies()), len(answers), "an offset was committed before its post was taken")
	}

	process = d.Start()
	waiting.For(t, "everything to be done with", func() bool {
		committed, err := topic.Committed("chronicle_workers")
		require.NoError(t, err)
		return committed == 3
	})
	process.Stop()
	bodies := webhook.Bodies()
	require.Greater(t, len(bodies), len(answers)+2)
	for _, body := range bodies[:len(answers)+1] {
		require.Contains(t, body, "de_first", "another post overtook the one that was not taken")
	}
	require.Contains(t, bodies[len(bodies)-1], "de_last")
	values, err := refused.Values()
	require.NoError(t, err)
	require.Equal(t, []string{detection("de_refused")}, values)
}

// Odd detections among good ones are posted, or refused, and none is in the way.
func TestWorkerPoison(t *testing.T) {
	t.Parallel()
	webhook := servers.StartAnswering(t, func(string) servers.Answer { return servers.Answer{Status: 200, Body: "ok"} })
	kafka := servers.StartKafkaStandIn(t)
	topic := servers.CreateKafkaTopic(t, kafka.Addr(), "chronicle_detections_by_rule", 1, nil)
	odd := poison()
	for _, detection := range odd {
		topic.Append(detection, `{"id":"de_good"}`)
	}
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "scale-out/worker.yaml",
		"KAFKA_ADDRESSES="+kafka.Addr(), "WEBHOOK_URL="+webhook.URL, "WEBHOOK_POSTS_PER_SECOND=100000")
	process := d.Start()
	waiting.For(t, "everything to be done with", func() bool {
		committed, err := topic.Committed("chronicle_workers")
		require.NoError(t, err)
		return committed == int64(2*len(odd))
	})
	process.Stop()
	require.Len(t, webhook.Bodies(), 2*len(odd), "each is a post")
}
