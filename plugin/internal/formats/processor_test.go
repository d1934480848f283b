package formats_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/chronicle-connect/chronicle-connect/plugin"
)

const (
	ocsf = "chronicle_ocsf"
	ecs  = "chronicle_ecs"
)

// newProcessor makes a processor of its configuration in YAML, such as
// "chronicle_ocsf: {}".
func newProcessor(tb testing.TB, yaml string) *service.OwnedProcessor {
	tb.Helper()
	parsed, err := service.NewConfigSpec().Field(service.NewProcessorField("processor")).
		ParseYAML("processor:\n  "+strings.ReplaceAll(yaml, "\n", "\n  "), nil)
	require.NoError(tb, err)
	processor, err := parsed.FieldProcessor("processor")
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = processor.Close(tb.Context()) })
	return processor
}

// process returns what becomes of a message: one message, that didn't fail.
func process(tb testing.TB, processor *service.OwnedProcessor, body []byte) []byte {
	tb.Helper()
	message := service.NewMessage(body)
	message.MetaSetMut("chronicle_detection_id", "de_1")
	made, err := processor.Process(tb.Context(), message)
	require.NoError(tb, err)
	require.Len(tb, made, 1)
	require.NoError(tb, made[0].GetError(), "%.2000s", body)
	id, _ := made[0].MetaGet("chronicle_detection_id")
	require.Equal(tb, "de_1", id, "the metadata stays")
	text, err := made[0].AsBytes()
	require.NoError(tb, err)
	require.NotEmpty(tb, text)
	return text
}

// document decodes what a processor made, with numbers as they are written.
func document(tb testing.TB, text []byte) map[string]any {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var all map[string]any
	require.NoError(tb, decoder.Decode(&all), "%.2000s", text)
	require.False(tb, decoder.More())
	return all
}

// at follows a path of keys and indexes, such as "evidences.0.file.name".
func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch of := v.(type) {
		case map[string]any:
			v = of[part]
		case []any:
			index := int(part[0] - '0')
			if index >= len(of) {
				return nil
			}
			v = of[index]
		default:
			return nil
		}
	}
	return v
}

// kinds are a detection of each kind, by the kind's name.
func kinds(tb testing.TB) map[string][]byte {
	tb.Helper()
	paths, err := filepath.Glob("testdata/detections/*.json")
	require.NoError(tb, err)
	all := make(map[string][]byte)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(tb, err)
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = text
	}
	require.Len(tb, all, 5)
	return all
}

// sortedKeys are the keys of an object in their order.
func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
