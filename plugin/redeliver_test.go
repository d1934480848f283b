package plugin_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// A message that was kept is the one that was refused, wherever a host has it kept.
func TestRedirectRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "elsewhere.jsonl")
	environment := service.GlobalEnvironment().Clone()
	var told []plugin.Refused
	file := plugin.NewRefusedFile(path)
	require.NoError(t, file.Redirect(environment, func(m *service.Message, r plugin.Refused) {
		body, err := m.AsBytes()
		require.NoError(t, err)
		require.Equal(t, string(r.Body), string(body))
		told = append(told, r)
	}))
	builder := environment.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: none"))
	require.NoError(t, builder.AddInputYAML(`
generate:
  count: 1
  interval: ""
  mapping: |
    root = "an event"
    meta chronicle_detection_id = "de_1"
    meta chronicle_severity = "HIGH"
    meta key = "k"
    meta other = "o"
`))
	require.NoError(t, builder.AddOutputYAML(`
chronicle_refused:
  path: /nowhere/refused.jsonl
  pipeline: kafka
  destination: { topic: t }
  reason: why
  format: ocsf
  metadata: [ key, missing ]
`))
	stream, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, stream.Run(t.Context()))
	require.NoError(t, file.AppendLines([]byte("no record\n")))

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := slices.Collect(strings.Lines(string(text)))
	require.Len(t, lines, 2)
	read, err := plugin.ParseRefused([]byte(lines[0]))
	require.NoError(t, err)
	require.Equal(t, []plugin.Refused{read}, told)
	require.Equal(t, "ocsf", read.Format)
	require.Equal(t, map[string]string{"chronicle_detection_id": "de_1", "chronicle_severity": "HIGH", "key": "k"}, read.Metadata)
	requireMessage(t, read, "an event", read.Metadata)
	_, err = plugin.ParseRefused([]byte(lines[1]))
	require.Error(t, err)
}

// A detection that was kept without metadata has that of the input all the same, and
// what was made of one has at least its id.
func TestRefusedMessage(t *testing.T) {
	const detection = `{"id":"de_1","type":"RULE_DETECTION", "detection":[{"ruleName":"n"}]}`
	made := map[string]string{"chronicle_detection_id": "de_1", "chronicle_detection_type": "RULE_DETECTION", "chronicle_rule_name": "n"}
	requireMessage(t, plugin.Refused{Body: []byte(detection), Format: "raw"}, detection, made)
	made["chronicle_continuation_time"] = "2026-01-02T03:04:05Z"
	requireMessage(t, plugin.Refused{Body: []byte(detection), Format: "raw", Metadata: made}, detection, made)
	requireMessage(t, plugin.Refused{Body: []byte("{\xff"), Format: "raw"}, "{\xff", nil)
	requireMessage(t, plugin.Refused{Body: []byte(detection), Format: "post", ID: "de_2"}, detection, map[string]string{"chronicle_detection_id": "de_2"})
	requireMessage(t, plugin.Refused{Body: []byte("x")}, "x", nil)
}

func requireMessage(t *testing.T, r plugin.Refused, body string, metadata map[string]string) {
	t.Helper()
	message := r.Message()
	got, err := message.AsBytes()
	require.NoError(t, err)
	require.Equal(t, body, string(got))
	all := make(map[string]string)
	require.NoError(t, message.MetaWalk(func(name, value string) error {
		all[name] = value
		return nil
	}))
	if metadata == nil {
		metadata = map[string]string{}
	}
	require.Equal(t, maps.Clone(metadata), all)
}
