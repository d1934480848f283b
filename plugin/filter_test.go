package plugin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// What is dropped is counted by what dropped it, and counts as delivered: with
// nothing left to deliver the position is behind all that was read.
func TestFilterCountsAndMovesOn(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	rule := func(id, severity string) json.RawMessage {
		return json.RawMessage(`{"type":"RULE_DETECTION","id":"` + id + `","detection":[{"ruleName":"r","severity":"` + severity + `"}]}`)
	}
	server.Append(rule("de_1", "LOW"), rule("de_2", "HIGH"), rule("de_3", "Info"))
	server.Append(rule("de_4", "NONE"), json.RawMessage(`{"type":"SOAR_ALERT","id":"de_5"}`))
	refused := chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "Permission denied."}}
	server.Script(chronicletest.Step{AfterElements: 2, Then: chronicletest.Cut}, refused, refused)

	metrics, states := rig.NewMetrics(), t.TempDir()
	env := service.GlobalEnvironment().Clone()
	require.NoError(t, env.RegisterMetricsExporter("recorded", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return metrics, nil
	}))
	builder := env.NewStreamBuilder()
	var delivered []string
	require.NoError(t, errors.Join(
		builder.SetLoggerYAML("level: none"),
		builder.SetMetricsYAML("recorded: {}"),
		builder.AddCacheYAML(fmt.Sprintf("label: state\nfile: {directory: %q}", states)),
		builder.AddInputYAML(fmt.Sprintf(`
chronicle_detection_alerts:
  base_url: %s
  credentials_json: '%s'
  start_time: 1h
  checkpoint_cache: state
  max_consecutive_failures: 1
  backoff: {initial_interval: 1ms}
`, server.URL, server.CredentialsJSON())),
		builder.AddProcessorYAML("chronicle_filter: { min_severity: medium, exclude_types: SOAR_ALERT }"),
		builder.AddConsumerFunc(func(_ context.Context, message *service.Message) error {
			id, _ := message.MetaGet("chronicle_detection_id")
			delivered = append(delivered, id)
			return nil
		}),
	))
	stream, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, stream.Run(t.Context()))

	require.Equal(t, []string{"de_2"}, delivered)
	require.InDelta(t, 3, metrics.Value("detections_filtered", "severity"), 0)
	require.InDelta(t, 1, metrics.Value("detections_filtered", "type"), 0)
	stored, err := os.ReadFile(filepath.Join(states, "chronicle_detection_alerts"))
	require.NoError(t, err)
	requests := server.Requests()
	var asked struct{ ContinuationTime string }
	require.NoError(t, json.Unmarshal(requests[len(requests)-1].Body, &asked))
	require.Contains(t, string(stored), asked.ContinuationTime, "stored is what the last connection asked from: behind both batches")
}

// Linter and start say the same of a setting.
func TestFilterLintAndStartAgree(t *testing.T) {
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for config, want := range map[string]string{
		"{}": "",
		"{ include_types: ' rule_detection , NEW_TYPE', exclude_types: UPPERCASE_ALERT }":                         "",
		"{ min_severity: Info, include_severities: 'NONE,info', exclude_severities: error }":                      "",
		`{ include_rule_ids: "ru_1,", exclude_rule_ids: "ru 2", include_rules: 'a{1}\x2c', exclude_rules: "^$" }`: "",

		"{ include_types: 'RULE_DETECTONS,rule' }": `field include_types: got "RULE_DETECTONS", want RULE_DETECTION; got "rule", want `,
		"{ exclude_types: gcti }":                  `field exclude_types: got "gcti", want `,
		"{ min_severity: hihg }":                   `field min_severity: got "hihg", want NONE, INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL`,
		"{ include_severities: all }":              `field include_severities: got "all", want NONE, `,
		"{ exclude_severities: 'LOW;HIGH' }":       `field exclude_severities: got "LOW;HIGH", want NONE, `,
		"{ include_rule_ids: 'ru_1@v_1_2' }":       `field include_rule_ids: got "ru_1@v_1_2", want the id of a rule without a version`,
		"{ exclude_rule_ids: 'ru_1@v_1_2' }":       `field exclude_rule_ids: got "ru_1@v_1_2", want the id of a rule without a version`,
		"{ include_rules: 'a,(' }":                 `field include_rules: got "(", want a regular expression: `,
		"{ exclude_rules: '*' }":                   `field exclude_rules: got "*", want a regular expression: `,
	} {
		lints, err := linter.LintProcessorYAML([]byte("chronicle_filter: " + config))
		require.NoError(t, err)

		builder := service.NewStreamBuilder()
		builder.DisableLinting()
		require.NoError(t, errors.Join(
			builder.SetLoggerYAML("level: none"),
			builder.AddInputYAML("generate: { count: 1, interval: '', mapping: 'root = {}' }"),
			builder.AddProcessorYAML("chronicle_filter: "+config),
			builder.AddOutputYAML("drop: {}"),
		))
		stream, err := builder.Build()
		require.NoError(t, err)
		started := stream.Run(t.Context())
		if want == "" {
			require.Empty(t, lints, config)
			require.NoError(t, started, config)
			continue
		}
		require.Len(t, lints, 1, config)
		require.ErrorContains(t, lints[0], want)
		require.ErrorContains(t, started, want)
	}
}

// What filtering costs, in detections a second on one core:
//
//	go test -run '^$' -bench Filter -cpu 1 ./plugin
func BenchmarkFilter(b *testing.B) {
	parsed, err := service.NewConfigSpec().Field(service.NewProcessorField("processor")).ParseYAML(`
processor:
  chronicle_filter: { include_types: 'RULE_DETECTION, GCTI_FINDING', min_severity: MEDIUM, exclude_rule_ids: 'ru_1, ru_2', exclude_rules: '^test_, (?i)noise' }
`, nil)
	require.NoError(b, err)
	processor, err := parsed.FieldProcessor("processor")
	require.NoError(b, err)
	b.Cleanup(func() { _ = processor.Close(b.Context()) })
	batch := make(service.MessageBatch, 1000)
	for i := range batch {
		batch[i] = service.NewMessage(nil)
		batch[i].MetaSetMut("chronicle_detection_type", "RULE_DETECTION")
		batch[i].MetaSetMut("chronicle_severity", []string{"LOW", "HIGH", "CRITICAL", "MEDIUM"}[i%4])
		batch[i].MetaSetMut("chronicle_rule_id", "ru_e6abfcb5-1b85-41b0-b64c-695b3250436f")
		batch[i].MetaSetMut("chronicle_rule_name", "suspicious_powershell_download")
	}
	b.ReportAllocs()
	for b.Loop() {
		passed, err := processor.ProcessBatch(b.Context(), batch.Copy())
		require.NoError(b, err)
		require.Len(b, passed[0], 750)
	}
	b.ReportMetric(float64(b.N*len(batch))/b.Elapsed().Seconds(), "detections/s")
}
