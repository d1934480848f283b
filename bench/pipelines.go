package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A shipped pipeline is one of config/, with what it needs to be measured.
type shipped struct {
	name string // of the file, without .yaml
	to   string // what the destination stands in for
	// environment is what the pipeline is told beside what all of them are, each
	// as NAME=value.
	environment func(*destination) []string
	settings    []string // what is changed in the file, as for --set
	loads       []load   // a backlog as an outage leaves it, unless there are others
	left        string   // why it isn't measured; empty where it is
}

// Chats take a post a second, PagerDuty two events, and Jira and ServiceNow get one
// every two seconds. How long that takes needs no measuring: what does is how fast
// posts are made. A batch of 1,000 is summed up in one, of 100 each detection is
// described.
var (
	unlimited = []string{"rate_limit_resources.0.local.count=1000000"}
	grouped   = []load{{Total: 204e6, Detection: 4000, Batch: 1000}, {Total: 20.4e6, Detection: 4000, Batch: 100}}
	few       = []load{{Total: 20.4e6, Detection: 4000, Batch: 1000}}
)

// An S3 without TLS is read back unless that is switched off, AWS' own is not.
var awsEnvironment = []string{
	"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench", "AWS_EC2_METADATA_DISABLED=true",
	"S3_BUCKET=" + bucket, "S3_FORCE_PATH_STYLE=true", "S3_PERIOD=1s", "S3_READ_BACK=false",
}

var pipelines = []shipped{
	{name: "print", to: "standard output"},
	{name: "table", to: "standard output"},
	{name: "http", to: "a webhook", environment: func(d *destination) []string { return []string{"HTTP_URL=" + d.URL + webhookPlace} }},
	{name: "bridge", to: "another Benthos", environment: func(d *destination) []string {
		return []string{"BRIDGE_URL=" + d.URL + webhookPlace, "BRIDGE_SECRET=bench"}
	}},
	{name: "splunk-hec", to: "Splunk's collector", environment: func(d *destination) []string {
		return []string{"SPLUNK_HEC_URL=" + d.URL, "SPLUNK_HEC_TOKEN=bench"}
	}},
	{name: "opensearch", to: "OpenSearch's _bulk", environment: func(d *destination) []string { return []string{"OPENSEARCH_URL=" + d.URL} }},
	{name: "s3", to: "S3", environment: func(d *destination) []string {
		return slices.Concat(awsEnvironment, []string{"S3_ENDPOINT=" + d.URL})
	}},
	{name: "gcs", to: "Cloud Storage", environment: func(d *destination) []string {
		return []string{"GCS_BUCKET=" + bucket, "GCS_PERIOD=1s", "STORAGE_EMULATOR_HOST=" + d.host()}
	}},
	{name: "slack", to: "Slack", settings: unlimited, loads: grouped, environment: slackAddress},
	{name: "slack-blocks", to: "Slack", settings: unlimited, loads: grouped, environment: slackAddress},
	{name: "google-chat", to: "Google Chat", settings: unlimited, loads: grouped, environment: func(d *destination) []string {
		return []string{"GOOGLE_CHAT_WEBHOOK_URL=" + d.URL + googleChatPlace + "?key=k&token=t"}
	}},
	{name: "teams", to: "Microsoft Teams", settings: unlimited, loads: grouped, environment: func(d *destination) []string {
		return []string{"TEAMS_WEBHOOK_URL=" + d.URL + teamsPlace}
	}},
	{name: "pagerduty", to: "PagerDuty", settings: unlimited, loads: few, environment: func(d *destination) []string {
		return []string{"PAGERDUTY_URL=" + d.URL + pagerDutyPlace, "PAGERDUTY_ROUTING_KEY=bench"}
	}},
	{name: "jira", to: "Jira", settings: unlimited, loads: few, environment: func(d *destination) []string {
		return []string{"JIRA_URL=" + d.URL, "JIRA_EMAIL=bench@example.com", "JIRA_API_TOKEN=bench", "JIRA_PROJECT=BENCH"}
	}},
	{name: "servicenow", to: "ServiceNow", settings: unlimited, loads: few, environment: func(d *destination) []string {
		return []string{"SERVICENOW_URL=" + d.URL, "SERVICENOW_USERNAME=bench", "SERVICENOW_PASSWORD=bench"}
	}},
	{name: "route", to: "S3 and Slack", settings: unlimited, environment: func(d *destination) []string {
		return slices.Concat(awsEnvironment, []string{"S3_ENDPOINT=" + d.URL}, slackAddress(d))
	}},
	{name: "kafka", left: "a broker decides how fast it is"},
	{name: "nats", left: "a JetStream server decides how fast it is"},
	{name: "pubsub", left: "Google's stand-in for tests is slower than the pipeline"},
	{name: "backfill", left: "reads by search"},
	{name: "replay", left: "reads a file of dead letters, and has no backlog"},
}

func slackAddress(d *destination) []string {
	return []string{"SLACK_WEBHOOK_URL=" + d.URL + slackPlace}
}

// A passage is a shipped pipeline that took a backlog to its destination.
type passage struct {
	pipeline shipped
	config   string // the directory that the file was taken from
	load     load
	usage
	Requests int // that the destination had; 0 where it is no server
}

func (p passage) perSecond() float64 { return float64(p.load.detections()) / p.Seconds }

// choose is the pipelines of these names; all for "all".
func choose(names string) (chosen []shipped, err error) {
	if names == "all" {
		return pipelines, nil
	}
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(pipelines, func(p shipped) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("-pipelines: got %q, want all, or names of files in config/ without .yaml", name)
		}
		chosen = append(chosen, pipelines[i])
	}
	return chosen, nil
}

// passages measures pipelines, each as the directories have it, which take turns.
func (b *bencher) passages(ctx context.Context, chosen []shipped, configs []string) (all []passage, err error) {
	for _, p := range chosen {
		if p.left != "" {
			all = append(all, passage{pipeline: p})
			continue
		}
		loads := p.loads
		if loads == nil {
			loads = []load{reference}
		}
		for _, l := range loads {
			measured, err := b.passage(ctx, p, l, configs)
			if err != nil {
				return nil, err
			}
			all = append(all, measured...)
		}
	}
	return all, nil
}

func (b *bencher) passage(ctx context.Context, p shipped, l load, configs []string) (measured []passage, err error) {
	backlog := newBacklog(l)
	runs := make([][]usage, len(configs))
	measured = make([]passage, len(configs))
	for range b.repetitions {
		for i, config := range configs {
			u, requests, err := b.pass(ctx, p, backlog, config)
			if err != nil {
				return nil, fmt.Errorf("measuring %s of %s, %s: %w", p.name, config, l, err)
			}
			runs[i] = append(runs[i], u)
			measured[i] = passage{pipeline: p, config: config, load: l, Requests: requests}
			b.progress("%s of %s, %s: %.3f s, %.2f s of CPU, %s, %d requests", p.name, config, l, u.Seconds, u.CPU, size(u.Peak), requests)
		}
	}
	for i := range measured {
		measured[i].usage = medians(runs[i])
	}
	return measured, nil
}

// pass runs a pipeline until it has stored the position behind the last detection:
// only then everything has been delivered.
func (b *bencher) pass(ctx context.Context, p shipped, backlog *backlog, config string) (u usage, requests int, err error) {
	dir, err := os.MkdirTemp("", "chronicle-connect-bench-")
	if err != nil {
		return u, 0, err
	}
	defer os.RemoveAll(dir)
	from, err := serve(backlog, http1, dir)
	if err != nil {
		return u, 0, err
	}
	defer from.close()
	to := newDestination()
	defer to.close()
	address, err := freeAddress()
	if err != nil {
		return u, 0, err
	}
	c := command{
		args: []string{b.binary, "run", "--log.level", "error", "--set", "http.address=" + address},
		env: []string{
			"CHRONICLE_BASE_URL=" + from.URL, "CHRONICLE_CREDENTIALS_FILE=" + from.credentials,
			"CHRONICLE_START_TIME=72h", "CHRONICLE_STATE_DIR=" + dir, "CHRONICLE_HTTP_ADDRESS=" + address,
		},
	}
	for _, setting := range p.settings {
		c.args = append(c.args, "--set", setting)
	}
	c.args = append(c.args, filepath.Join(config, p.name+".yaml"))
	if p.environment != nil {
		c.env = append(c.env, p.environment(to)...)
	}
	u, err = c.until(ctx, &from.asked, func(r *running) (time.Time, error) {
		return r.stored(ctx, dir, backlog.end)
	})
	return u, int(to.requests.Load()), err
}

// stored waits until a position is in a directory.
func (r *running) stored(ctx context.Context, dir, position string) (time.Time, error) {
	return r.poll(ctx, func() bool {
		paths, err := filepath.Glob(filepath.Join(dir, "*_position"))
		return err == nil && slices.ContainsFunc(paths, func(path string) bool {
			// An error may mean that it is being replaced.
			value, err := os.ReadFile(path)
			return err == nil && strings.Contains(string(value), position)
		})
	})
}

// passageTable writes passages as a Markdown table. The directory is named where
// there are several.
func passageTable(all []passage) string {
	var t, left strings.Builder
	configs := make(map[string]bool)
	for _, p := range all {
		if p.config != "" {
			configs[p.config] = true
		}
	}
	t.WriteString("| pipeline | to | detections | a batch | requests | seconds | detections a second | MB/s | CPU seconds | peak MB |\n")
	t.WriteString("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, p := range all {
		name := p.pipeline.name + ".yaml"
		if p.pipeline.left != "" {
			fmt.Fprintf(&left, "- %s: %s.\n", name, p.pipeline.left)
			continue
		}
		if len(configs) > 1 {
			name = filepath.Join(p.config, name)
		}
		requests := ""
		if p.Requests > 0 {
			requests = fmt.Sprint(p.Requests)
		}
		fmt.Fprintf(&t, "| %s | %s | %d | %d | %s | %.2f | %.0f | %.0f | %.2f | %.0f |\n",
			name, p.pipeline.to, p.load.detections(), p.load.Batch, requests, p.Seconds,
			p.perSecond(), float64(p.load.Total)/1e6/p.Seconds, p.CPU, float64(p.Peak)/1e6)
	}
	if left.Len() > 0 {
		t.WriteString("\nNot measured:\n\n" + left.String())
	}
	return t.String()
}
