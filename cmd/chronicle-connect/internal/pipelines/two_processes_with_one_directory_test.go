package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Of two processes with one checkpoint_dir and key the second one ends at once and says
// why. The configuration can be tested beside the first one, and a killed process leaves
// nothing in the way of the next.
func TestTwoProcessesWithOneDirectory(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append([]byte(`{"id":"de_1"}`))
	dir := t.TempDir()
	credentials, state := filepath.Join(dir, "credentials.json"), filepath.Join(dir, "deep", "state")
	require.NoError(t, server.WriteCredentials(credentials))
	config := filepath.Join(dir, "pipeline.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
http: {enabled: false}
input:
  chronicle_detection_alerts: {base_url: %s, credentials_file: %q, start_time: 1h, max_consecutive_failures: 0, checkpoint_dir: %q}
output: {drop: {}}
`, server.URL, credentials, state), 0o600))
	deployment := programtest.DeployText(t, "")
	stored := func() bool {
		_, err := os.Stat(filepath.Join(state, "chronicle_detection_alerts"))
		return err == nil
	}

	first := deployment.StartCommand("run", config)
	waiting.For(t, "the position", stored)
	code, _, stderr := programtest.Execute(t, "run", config)
	require.NotZero(t, code)
	require.Contains(t, stderr, "another process")
	code, _, stderr = programtest.Execute(t, "check", config)
	require.Zero(t, code, stderr)
	first.Kill()

	next := deployment.StartCommand("run", config)
	next.WaitLog("Reading goes on from the stored position")
	next.Terminate()
	require.Zero(t, next.WaitExit(time.Minute))
}
