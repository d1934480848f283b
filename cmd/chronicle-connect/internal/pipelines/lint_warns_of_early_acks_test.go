package pipelines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A buffer that acknowledges before the output has what it holds is allowed, and warned
// of by lint and by run.
func TestLintWarnsOfEarlyAcks(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	const warning = "buffer.memory: acknowledges detections before the output has taken them"
	for rest, warns := range map[string]bool{"buffer: {memory: {}}": true, "buffer: {none: {}}": false} {
		d := programtest.Deploy(t, server, programtest.Settings{Rest: rest})
		p := d.Start()
		p.WaitLog("is now active")
		p.Stop()
		path := filepath.Join(t.TempDir(), "pipeline.yaml")
		require.NoError(t, os.WriteFile(path, []byte("input: {chronicle_detection_alerts: {region: europe}}\n"+rest), 0o600))
		exitCode, _, stderr := programtest.Execute(t, "lint", path)
		require.Zero(t, exitCode, stderr)
		if !warns {
			require.NotContains(t, p.Log.String(), "buffer")
			require.NotContains(t, stderr, "warning")
			continue
		}
		require.Contains(t, p.Log.String(), warning)
		require.Contains(t, stderr, path+": "+warning)
	}
}
