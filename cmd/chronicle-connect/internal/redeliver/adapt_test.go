package redeliver

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/trial"
)

func none(string) (string, bool) { return "", false }

// Every pipeline that keeps what is refused can be had without its input, and wants
// the settings of its destination alone.
func TestAdapt(t *testing.T) {
	all, err := loadPipelines(nil)
	require.NoError(t, err)
	want := map[string][]string{
		"bridge":       {"BRIDGE_SECRET"},
		"google-chat":  {"GOOGLE_CHAT_WEBHOOK_URL"},
		"http":         {"HTTP_URL"},
		"jira":         {"JIRA_API_TOKEN", "JIRA_PROJECT", "JIRA_URL"},
		"kafka":        {"KAFKA_ADDRESSES"},
		"nats":         {"NATS_URLS"},
		"opensearch":   {"OPENSEARCH_URL"},
		"pagerduty":    {"PAGERDUTY_ROUTING_KEY"},
		"pubsub":       {"PUBSUB_PROJECT", "PUBSUB_TOPIC"},
		"reader":       {"KAFKA_ADDRESSES"},
		"replay":       {"S3_BUCKET", "SLACK_WEBHOOK_URL"},
		"route":        {"S3_BUCKET", "SLACK_WEBHOOK_URL"},
		"servicenow":   {"SERVICENOW_PASSWORD", "SERVICENOW_URL", "SERVICENOW_USERNAME"},
		"slack":        {"SLACK_WEBHOOK_URL"},
		"slack-blocks": {"SLACK_WEBHOOK_URL"},
		"splunk-hec":   {"SPLUNK_HEC_TOKEN", "SPLUNK_HEC_URL"},
		"teams":        {"TEAMS_WEBHOOK_URL"},
	}
	require.Subset(t, slices.Collect(maps.Keys(all)), slices.Collect(maps.Keys(want)))
	for name, p := range all {
		t.Run(name, func(t *testing.T) {
			_, err := p.adapt(way{name, false}, []string{"slack", "s3"}, none)
			var needed []string
			missing := (*trial.MissingError)(nil)
			if errors.As(err, &missing) {
				needed = missing.Names
			} else {
				require.NoError(t, err)
			}
			if listed, is := want[name]; is {
				require.ElementsMatch(t, listed, needed)
			}
			for _, made := range []bool{false, true} {
				text, err := p.adapt(way{name, made}, []string{"slack", "s3"}, func(variable string) (string, bool) {
					return "x", slices.Contains(needed, variable) || variable == "CHRONICLE_MIN_SEVERITY"
				})
				require.NoError(t, err)
				requireAdapted(t, text, made || name == replay)
				if name == "http" {
					require.NotContains(t, string(text), "label: state", "the cache of the position")
				}
			}
		})
	}
}

func requireAdapted(t *testing.T, text []byte, made bool) {
	t.Helper()
	var top map[string]yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &top))
	require.NotContains(t, top, "input")
	require.NotContains(t, top, "http")
	require.Contains(t, top, "output")
	for _, of := range []string{"checkpoint", "min_severity"} {
		require.NotContains(t, string(text), of)
	}
	pipeline := top["pipeline"]
	require.Equal(t, made, field(&pipeline, "processors") == nil || len(field(&pipeline, "processors").Content) == 0)
}

// Dead letters of one destination want nothing of the other.
func TestAdaptReplay(t *testing.T) {
	all, err := loadPipelines(nil)
	require.NoError(t, err)
	text, err := all[replay].adapt(way{replay, true}, []string{"slack"}, func(name string) (string, bool) {
		return "https://hooks.example.com/x", name == "SLACK_WEBHOOK_URL"
	})
	require.NoError(t, err)
	require.NotContains(t, string(text), "s3")
	text, err = all[replay].adapt(way{replay, true}, []string{"s3"}, func(name string) (string, bool) { return "b", name == "S3_BUCKET" })
	require.NoError(t, err)
	require.Contains(t, string(text), "cache_resources", "what was written is read back")
	require.NotContains(t, string(text), "rate_limit")
}

// What was made of a detection is not made into it a second time.
func TestAdaptMade(t *testing.T) {
	all, err := loadPipelines(nil)
	require.NoError(t, err)
	lookup := func(name string) (string, bool) {
		value := map[string]string{"OPENSEARCH_URL": "http://localhost:1", "CHRONICLE_FORMAT": "ocsf"}[name]
		return value, value != ""
	}
	for made, want := range map[bool]string{false: "ocsf", true: raw} {
		text, err := all["opensearch"].adapt(way{"opensearch", made}, nil, lookup)
		require.NoError(t, err)
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal(text, &document))
		var formats []string
		eachField(&document, "chronicle_format", func(fields *yaml.Node) { formats = append(formats, field(fields, "format").Value) })
		require.Equal(t, []string{want}, formats)
		require.Equal(t, 1, strings.Count(string(text), `let format = "ocsf"`), "the index is that of the format")
	}
}

// Only variables of what is left are to blame.
func TestNeeded(t *testing.T) {
	all, err := loadPipelines(nil)
	require.NoError(t, err)
	needed := all["http"].needed(way{"http", false}, nil)
	for name, want := range map[string]bool{
		"HTTP_URL": true, "HTTP_SUCCESS": true, "CHRONICLE_REFUSED_MAX_BYTES": true, "CHRONICLE_FORMAT": true,
		"CHRONICLE_MIN_SEVERITY": false, "CHRONICLE_INSTANCE": false, "CHRONICLE_HTTP_ADDRESS": false,
	} {
		require.Equal(t, want, needed(name), name)
	}
}
