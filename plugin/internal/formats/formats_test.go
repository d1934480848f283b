package formats_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A checker says what is wrong with a document of a format.
type checker interface {
	check(document map[string]any) []string
}

// A format is a processor and the schema of what it makes.
type format struct {
	processor string
	original  string // where the detection as received is
	schema    checker
}

func bothFormats(tb testing.TB) []format {
	tb.Helper()
	return []format{
		{ocsf, "unmapped.detection", readOCSF(tb)},
		{ecs, "google_secops.detection", readECS(tb)},
	}
}

var ingested = regexp.MustCompile(`"ingested": "[^"]*"`)

// What becomes of a detection of each kind, to be read by people. `go test
// ./plugin/internal/formats -update` writes them.
func TestGolden(t *testing.T) {
	for _, f := range bothFormats(t) {
		processor := newProcessor(t, f.processor+": { original: false }")
		for kind, detection := range kinds(t) {
			t.Run(f.processor+"/"+kind, func(t *testing.T) {
				text := process(t, processor, detection)
				require.Empty(t, f.schema.check(document(t, text)))
				var pretty bytes.Buffer
				require.NoError(t, json.Indent(&pretty, text, "", "  "))
				pretty.WriteByte('\n')
				rig.Golden(t, kind+"."+strings.TrimPrefix(f.processor, "chronicle_")+".json",
					ingested.ReplaceAllString(pretty.String(), `"ingested": "2025-06-01T08:05:12.000Z"`))
			})
		}
	}
}

// Whatever the stand-in makes follows the schemas, and has the detection in it.
func TestGenerated(t *testing.T) {
	for _, f := range bothFormats(t) {
		processor := newProcessor(t, f.processor+": {}")
		for _, size := range []int{1000, 4000, 20_000} {
			for _, detection := range chronicletest.NewGenerator(uint64(size)).Detections(200, size) {
				text := process(t, processor, detection)
				made := document(t, text)
				require.Empty(t, f.schema.check(made), "%s", text)
				original := at(made, f.original)
				if text, isText := original.(string); isText {
					require.Equal(t, string(detection), text)
				} else {
					require.Equal(t, any(document(t, detection)), original)
				}
			}
		}
	}
}

// The fields of the processors.
func TestFields(t *testing.T) {
	detection := chronicletest.NewGenerator(1).Detection(20_000)
	text := process(t, newProcessor(t, "chronicle_ocsf: { max_evidences: 2, max_observables: 3 }"), detection)
	finding := document(t, text)
	require.Len(t, finding["evidences"], 2)
	require.Len(t, finding["observables"], 3)
	text = process(t, newProcessor(t, "chronicle_ocsf: { max_evidences: -1, max_observables: 0 }"), detection)
	require.NotContains(t, document(t, text), "evidences")

	text = process(t, newProcessor(t, "chronicle_ecs: { max_events: 1 }"), detection)
	few := document(t, text)
	text = process(t, newProcessor(t, "chronicle_ecs: {}"), detection)
	many := document(t, text)
	require.Greater(t, len(at(many, "related.ip").([]any)), len(at(few, "related.ip").([]any)))

	for _, f := range bothFormats(t) {
		text := process(t, newProcessor(t, f.processor+": { original: false }"), detection)
		require.Nil(t, at(document(t, text), f.original))
	}
}

// Wrong fields are found by the linter.
func TestLint(t *testing.T) {
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for config, want := range map[string]string{
		"chronicle_ocsf: { original: false, max_evidences: 1, max_observables: 1 }": "",
		"chronicle_ecs: { original: false, max_events: 1 }":                         "",
		"chronicle_ocsf: { max_events: 1 }":                                         "field max_events not recognised",
		"chronicle_ecs: { originals: true }":                                        "field originals not recognised",
	} {
		lints, err := linter.LintProcessorYAML([]byte(config))
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, lints, config)
			continue
		}
		require.Len(t, lints, 1, config)
		require.Contains(t, lints[0].Error(), want)
	}
}

// The format that a pipeline's setting names.
func TestFormatByName(t *testing.T) {
	detection := []byte("{\n \"id\":\"de_1\",  \"big\":12345678901234567890}")
	require.Equal(t, detection, process(t, newProcessor(t, "chronicle_format: {}"), detection))
	require.Equal(t, detection, process(t, newProcessor(t, "chronicle_format: { format: raw }"), detection))
	for name, f := range map[string]format{"ocsf": bothFormats(t)[0], "ecs": bothFormats(t)[1]} {
		text := process(t, newProcessor(t, "chronicle_format: { format: "+name+" }"), detection)
		require.Empty(t, f.schema.check(document(t, text)))
	}

	parsed, err := service.NewConfigSpec().Field(service.NewProcessorField("processor")).
		ParseYAML("processor: { chronicle_format: { format: OCFS } }", nil)
	require.NoError(t, err)
	_, err = parsed.FieldProcessor("processor")
	require.ErrorContains(t, err, `format: got "OCFS", want raw, ocsf or ecs`)
}
