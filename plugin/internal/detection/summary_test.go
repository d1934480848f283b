package detection_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/detection"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// parse parses JSON as Benthos does, with numbers as they are written.
func parse(t testing.TB, text []byte) (v any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&v))
	return v
}

// examples are detections by name: those in files, and one of each rule that the
// stand-in has.
func examples(t testing.TB) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, pattern := range []string{"testdata/detections/*.json", "../formats/testdata/detections/*.json"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			all[strings.TrimSuffix(filepath.Base(path), ".json")] = text
		}
	}
	for _, made := range chronicletest.NewGenerator(23).Detections(200, 4000) {
		var d struct {
			Type      string
			Detection []struct{ RuleID string }
		}
		require.NoError(t, json.Unmarshal(made, &d))
		name := "generated_" + d.Type
		if len(d.Detection) > 0 {
			name = "generated_" + d.Detection[0].RuleID
		}
		if all[name] == nil {
			all[name] = made
		}
	}
	return all
}

// The summary of each example is what its golden file has. To write these again:
//
//	go test ./plugin/internal/detection -run TestGolden -update
func TestGolden(t *testing.T) {
	written := make(map[string]bool)
	for name, text := range examples(t) {
		path := filepath.Join("testdata", "summaries", name+".json")
		written[path] = true
		made, err := encode(detection.Summarize(parse(t, text)).Object())
		require.NoError(t, err)
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, made, 0o600))
			continue
		}
		golden, err := os.ReadFile(path)
		require.NoError(t, err, "write it with -update")
		require.Equal(t, string(golden), string(made), "%s: write it again with -update if this is right", name)
	}
	paths, err := filepath.Glob("testdata/summaries/*.json")
	require.NoError(t, err)
	for _, path := range paths {
		if *update && !written[path] {
			require.NoError(t, os.Remove(path))
			continue
		}
		require.True(t, written[path], "%s is the summary of nothing", path)
	}
}

func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(v)
	return out.Bytes(), err
}
