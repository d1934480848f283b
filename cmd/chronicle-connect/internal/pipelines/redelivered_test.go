//go:build !minimal

package pipelines

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A receiving is a destination that refuses everything until it is fixed.
type receiving struct {
	config string
	env    []string
	no     servers.Answer
	yes    servers.Answer
	each   bool // an answer has a part for each document of a request
	// arrived is what a request's body delivers; nil for the body.
	arrived func(t *testing.T, body string) []string
	open    bool // its address is no secret
}

func (r *receiving) answer(yes bool, body string) servers.Answer {
	answer := r.no
	if yes {
		answer = r.yes
	}
	if r.each {
		parts := make([]string, strings.Count(body, "\n")/2)
		for i := range parts {
			parts[i] = answer.Body
		}
		answer.Body = `{"items":[` + strings.Join(parts, ",") + `]}`
	}
	return answer
}

var receivings = map[string]receiving{
	"http": {
		config: "http.yaml", env: []string{"HTTP_URL=", "HTTP_SUCCESS=", "HTTP_AUTHORIZATION=", "CHRONICLE_FORMAT="},
		no: servers.Answer{Status: http.StatusUnprocessableEntity, Body: "not this one"}, yes: servers.Answer{Status: http.StatusNoContent},
	},
	"http with OCSF": {
		config: "http.yaml", env: []string{"HTTP_URL=", "HTTP_SUCCESS=", "HTTP_AUTHORIZATION=", "CHRONICLE_FORMAT=ocsf"},
		no: servers.Answer{Status: http.StatusUnprocessableEntity, Body: "not this one"}, yes: servers.Answer{Status: http.StatusNoContent},
	},
	"slack": {
		config: "slack.yaml", env: []string{"SLACK_WEBHOOK_URL="},
		no: servers.Answer{Status: http.StatusBadRequest, Body: "invalid_blocks"}, yes: servers.Answer{Status: http.StatusOK, Body: servers.SlackYes},
	},
	"splunk-hec": {
		config: "splunk-hec.yaml", env: []string{"SPLUNK_HEC_URL=", "SPLUNK_HEC_TOKEN=token-7", "SPLUNK_HEC_INDEX=", "SPLUNK_HEC_SOURCETYPE=", "CHRONICLE_FORMAT="},
		no:      servers.Answer{Status: http.StatusBadRequest, Body: `{"text":"Invalid data format","code":6}`},
		yes:     servers.Answer{Status: http.StatusOK, Body: `{"text":"Success","code":0}`},
		arrived: hecEventOf,
		open:    true,
	},
	"splunk-hec with ECS": {
		config: "splunk-hec.yaml", env: []string{"SPLUNK_HEC_URL=", "SPLUNK_HEC_TOKEN=token-7", "SPLUNK_HEC_INDEX=", "SPLUNK_HEC_SOURCETYPE=", "CHRONICLE_FORMAT=ecs"},
		no:      servers.Answer{Status: http.StatusBadRequest, Body: `{"text":"Invalid data format","code":6}`},
		yes:     servers.Answer{Status: http.StatusOK, Body: `{"text":"Success","code":0}`},
		arrived: hecEventOf,
		open:    true,
	},
	"opensearch with ECS": {
		config: "opensearch.yaml", env: []string{"OPENSEARCH_URL=", "OPENSEARCH_INDEX=", "OPENSEARCH_USERNAME=", "OPENSEARCH_PASSWORD=", "CHRONICLE_FORMAT=ecs"},
		no:      servers.Answer{Status: http.StatusOK, Body: `{"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"odd"}}}`},
		yes:     servers.Answer{Status: http.StatusOK, Body: `{"index":{"status":201}}`},
		each:    true,
		arrived: documentsOf,
		open:    true,
	},
	"bridge": {
		config: "bridge.yaml", env: []string{"BRIDGE_URL=", bridgeSecret},
		no: servers.Answer{Status: http.StatusUnprocessableEntity, Body: "not this one"}, yes: servers.Answer{Status: http.StatusOK},
		open: true,
	},
	"pagerduty": {
		config: "pagerduty.yaml", env: []string{"PAGERDUTY_URL=", "PAGERDUTY_ROUTING_KEY=key-7"},
		no:   servers.Answer{Status: http.StatusBadRequest, Body: `{"status":"invalid event"}`},
		yes:  servers.Answer{Status: http.StatusAccepted, Body: `{"status":"success"}`},
		open: true,
		// An event has the id, and not the detection.
		arrived: func(t *testing.T, body string) []string {
			t.Helper()
			var event struct {
				Key string `json:"dedup_key"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &event))
			return []string{event.Key}
		},
	},
}

// The detection in the one event of a request to Splunk.
func hecEventOf(t *testing.T, body string) []string {
	t.Helper()
	event, err := servers.HECDetection(body)
	require.NoError(t, err)
	return []string{string(event)}
}

// The documents of a bulk request.
func documentsOf(t *testing.T, body string) (documents []string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		if i%2 == 0 {
			require.Contains(t, line, `"_index":"chronicle-detections-ecs-`)
			require.Contains(t, line, `"_id":"de_`)
			continue
		}
		documents = append(documents, line)
	}
	return documents
}

// What a destination refused is refused again while nothing is changed there, and
// arrives as it was when somebody has fixed it.
func TestRedeliver(t *testing.T) {
	t.Parallel()
	for name, r := range receivings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fixed atomic.Bool
			answering := servers.StartAnswering(t, func(body string) servers.Answer { return r.answer(fixed.Load(), body) })
			server := chronicletest.NewServer()
			t.Cleanup(server.Close)
			env := slices.Clone(r.env)
			env[0] += answering.URL
			// What was let through once is not asked again.
			d := programtest.DeployFile(t, server, r.config, append(env, "CHRONICLE_MIN_SEVERITY=NONE")...)
			last := server.Append(
				json.RawMessage(`{"id":"de_1","type":"RULE_DETECTION",  "detectionTime":"2026-01-02T03:04:05Z","big":12345678901234567890}`),
				json.RawMessage(`{"id":"de_2","text":"é\u0000"}`),
			)
			p := d.Start()
			waiting.For(t, "all to be settled", func() bool { return d.Stored().Equal(last) })
			p.Stop()
			kept := bodiesOf(t, d)
			name := strings.TrimSuffix(r.config, ".yaml")
			path := filepath.Join(d.StateDir, name+"_refused.jsonl")
			position := d.Read(name + "_position")
			d.Env = append(d.Env, "CHRONICLE_MIN_SEVERITY=CRITICAL", "CHRONICLE_EXCLUDE_SEVERITIES=UNKNOWN")

			p = d.StartCommand("redeliver", path)
			require.Equal(t, 1, p.WaitExit(waiting.Patience))
			require.Contains(t, p.Log.String(), "0 delivered, ")
			require.Contains(t, p.Log.String(), "left, in "+path)
			require.Equal(t, kept, bodiesOf(t, d))
			if !r.open {
				require.NotContains(t, p.Log.String(), answering.URL)
			}

			fixed.Store(true)
			before := len(answering.Bodies())
			p = d.StartCommand("redeliver", path)
			require.Zero(t, p.WaitExit(waiting.Patience))
			require.NoFileExists(t, path)
			var arrived []string
			for _, body := range answering.Bodies()[before:] {
				if r.arrived == nil {
					arrived = append(arrived, body)
				} else {
					arrived = append(arrived, r.arrived(t, body)...)
				}
			}
			if name == "pagerduty" {
				kept = []string{"de_1", "de_2"}
			}
			slices.Sort(arrived)
			require.Equal(t, kept, arrived)
			require.Equal(t, string(position), string(d.Read(name+"_position")))
			entries, err := os.ReadDir(d.StateDir)
			require.NoError(t, err)
			require.Len(t, entries, 2, "the position and its lock")
		})
	}
}

// bodiesOf are the bodies of what a deployment's pipeline has kept, sorted.
func bodiesOf(t *testing.T, d *programtest.Deployment) (bodies []string) {
	t.Helper()
	for _, kept := range refusedBy(t, d, true) {
		bodies = append(bodies, kept.body(t))
	}
	slices.Sort(bodies)
	return bodies
}

// Records that a topic refused are written to one that takes them, under the keys and
// with the headers that they would have had.
func TestRedeliverKafka(t *testing.T) {
	t.Parallel()
	onBrokers(t, func(t *testing.T, broker broker) {
		servers.CreateKafkaTopic(t, broker.Addr(), "small", 1, map[string]string{"max.message.bytes": "20000"})
		large := servers.CreateKafkaTopic(t, broker.Addr(), "large", 1, nil)
		env := []string{"KAFKA_ADDRESSES=" + broker.Addr(), "KAFKA_TOPIC=small", "CHRONICLE_FORMAT="}
		if _, ok := broker.(*servers.KafkaStandIn); ok {
			env = append(env, "KAFKA_MAX_MESSAGE_BYTES=20000") // it takes records of any size
		}
		server := chronicletest.NewServer()
		t.Cleanup(server.Close)
		sent := ledger.New(server, 1)
		last := sent.Append(5, 100_000)
		d := programtest.DeployFile(t, server, "kafka.yaml", env...)
		p := d.Start()
		waiting.For(t, "all to be settled", func() bool { return d.Stored().Equal(last) })
		p.Stop()
		path := filepath.Join(d.StateDir, "kafka_refused.jsonl")
		d.Env = append(d.Env, "KAFKA_TOPIC=large", "KAFKA_MAX_MESSAGE_BYTES=")
		p = d.StartCommand("redeliver", path)
		require.Zero(t, p.WaitExit(waiting.Patience))
		require.NoFileExists(t, path)

		arrived := make(map[string][]byte)
		waiting.For(t, "the records", func() bool {
			_, err := large.IDs()
			require.NoError(t, err)
			for _, record := range large.Records {
				arrived[string(record.Key)] = append(slices.Clone(record.Value), '\n')
				headers := headersOf(record)
				require.Equal(t, string(record.Key), headers["chronicle_detection_id"])
				require.Contains(t, headers, "chronicle_rule_id")
			}
			return len(arrived) == sent.Count()
		})
		for id, body := range sent.ByID(t) {
			require.Equal(t, string(body), strings.TrimSuffix(string(arrived[id]), "\n"))
		}
	})
}

// Dead letters get to the one destination that each is for.
func TestRedeliverDeadLetters(t *testing.T) {
	t.Parallel()
	r := newRoutes(t)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	d := programtest.DeployFile(t, server, "route.yaml", r.settings("DEAD_LETTER_AFTER=1s")...)
	d.Args = append(d.Args, quickly...)
	r.s3.Kill()
	r.chat.Kill()
	p := d.Start()
	last := sent.Append(40, ledger.FeedSize)
	waiting.For(t, "all to be settled", func() bool { return d.Stored().Equal(last) })
	p.Stop()
	letters := filepath.Join(d.StateDir, "dead_letters")

	p = d.StartCommand("redeliver", filepath.Join(letters, "s3.jsonl"))
	require.Equal(t, 1, p.WaitExit(waiting.Patience))
	require.Contains(t, p.Log.String(), "route, to s3: 0 delivered, 40 refused again")
	r.s3.Restart()
	r.chat.Restart()
	// One that an earlier version wrote.
	earlier, err := json.Marshal(map[string]string{"destination": "s3", "object": "detections/date=2026-01-02/de_earlier.json", "reason": "r", "body": `{"id":"de_earlier"}`})
	require.NoError(t, err)
	file, err := os.OpenFile(filepath.Join(letters, "s3.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.Write(append(earlier, '\n'))
	require.NoError(t, err)
	require.NoError(t, file.Close())
	for name, other := range map[string]string{"s3.jsonl": "SLACK_WEBHOOK_URL=", "slack.jsonl": "S3_BUCKET="} {
		only := *d
		only.Env = append(slices.Clone(d.Env), other) // it is not needed
		p = only.StartCommand("redeliver", filepath.Join(letters, name))
		require.Zero(t, p.WaitExit(waiting.Patience), "exit code for %s", name)
	}
	objects, err := r.objects()
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"de_earlier"}`, string(objects["de_earlier"]))
	delete(objects, "de_earlier")
	require.Equal(t, sent.ByID(t), objects)
	r.requirePosted(sent, false)
	entries, err := os.ReadDir(letters)
	require.NoError(t, err)
	require.Empty(t, entries)
}
