package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// pipeline writes a config that reads from server and appends to a file.
func pipeline(t *testing.T, server *chronicletest.Server, input string) (path, output string) {
	t.Helper()
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	path, output = filepath.Join(dir, "pipeline.yaml"), filepath.Join(dir, "detections.jsonl")
	text := fmt.Sprintf(`
http: {enabled: false}
input:
  chronicle_detection_alerts:
    base_url: %s
    credentials_file: %s
    start_time: 1h
    checkpoint_dir: %s
    %s
output:
  file: {path: %s, codec: lines}
`, server.URL, credentials, filepath.Join(dir, "deep", "state"), input, output)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path, output
}
