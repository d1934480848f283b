package pipelines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
)

// Benthos builds what a config shares when it is first used, hours after the start
// perhaps, and names its fields. The start and the linter name the variable.
func TestWrongVariablesAreNamed(t *testing.T) {
	dir := t.TempDir()
	path, resources := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "resources.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
http: {enabled: false}
input:
  generate: {count: 1, mapping: 'root = "x"', interval: '${TEST_INTERVAL:}'}
pipeline:
  processors:
    - rate_limit: {resource: pace}
output:
  drop: {}
`), 0o600))
	require.NoError(t, os.WriteFile(resources, []byte(`
rate_limit_resources:
  - label: pace
    local:
      count: ${TEST_COUNT:1}
      interval: '${TEST_EVERY}'
cache_resources:
  - label: unused
    memory: {default_ttl: '${TEST_TTL:5m}'}
`), 0o600))
	t.Setenv("TEST_EVERY", "1s")
	for _, command := range []string{"run", "lint"} {
		code, log, stderr := programtest.Execute(t, command, "-r", resources, path)
		require.Zero(t, code, "%s%s", log, stderr)
	}
	for name, value := range map[string]string{"TEST_INTERVAL": "often", "TEST_COUNT": "many", "TEST_EVERY": "soon", "TEST_TTL": "5megs"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			for _, command := range []string{"run", "lint", "check"} {
				code, stdout, stderr := programtest.Execute(t, command, "-r", resources, path)
				require.Equal(t, 1, code, command)
				require.Contains(t, stderr, "environment variable "+name+": ", "%s printed %s", command, stdout)
				require.NotContains(t, stderr, "path root")
			}
		})
	}
}
