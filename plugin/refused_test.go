package plugin_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/refused"
)

// A pipeline keeps messages by the output's name.
func TestRefusedOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetLoggerYAML("level: none"))
	require.NoError(t, builder.AddInputYAML(`
generate:
  count: 2
  interval: ""
  mapping: |
    root = if count("odd") == 1 { "\xff" } else { "{}" }
    meta chronicle_detection_id = "de_1\n"
    meta index = "today"
`))
	require.NoError(t, builder.AddOutputYAML(`
chronicle_refused:
  path: `+path+`
  pipeline: opensearch
  destination: { index: '${! @index }' }
  reason: 'too ${! "large" }'
`))
	stream, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, stream.Run(t.Context()))

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	require.Len(t, lines, 2)
	for _, line := range lines {
		var r refused.Record
		require.NoError(t, json.Unmarshal(line, &r))
		require.Equal(t, "opensearch", r.Pipeline)
		require.Equal(t, map[string]string{"index": "today"}, r.Destination)
		require.Equal(t, "too large", r.Reason)
		require.Equal(t, "de_1\n", r.ID)
		require.NotZero(t, r.Time)
	}
}

// Wrong fields are found by the linter, or at the start.
func TestRefusedLint(t *testing.T) {
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for config, want := range map[string]string{
		"chronicle_refused: { path: a, pipeline: http, reason: why }":               "",
		"chronicle_refused: { path: a, pipeline: http, reason: why, max_bytes: 0 }": "want at least 1",
		"chronicle_refused: { path: a, pipeline: http }":                            "field reason is required",
	} {
		lints, err := linter.LintOutputYAML([]byte(config))
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, lints, config)
			continue
		}
		require.Len(t, lints, 1, config)
		require.Contains(t, lints[0].Error(), want)
	}
}
