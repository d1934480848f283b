package pipelines

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The folder of a file cache is made wherever the cache is written down, so that the
// first run stores its position.
func TestStateFoldersAreMade(t *testing.T) {
	for name, args := range map[string][]string{
		"in the config":           {"run", "-s", "http.enabled=false", "whole.yaml"},
		"in resources":            {"run", "-s", "http.enabled=false", "-r", "resources.yaml", "stream.yaml"},
		"in resources of streams": {"streams", "-s", "http.enabled=false", "-r", "*sources.yaml", "stream.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			server.Append([]byte(`{"id":"de_1"}`))
			dir := t.TempDir()
			require.NoError(t, server.WriteCredentials(filepath.Join(dir, "credentials.json")))
			const stream = `
input:
  chronicle_detection_alerts: {base_url: '${TEST_URL}', credentials_file: credentials.json, start_time: 1h, checkpoint_cache: state}
output:
  drop: {}
`
			const resources = `
cache_resources:
  - label: state
    file: {directory: '${TEST_STATE:./state}/deep'}
`
			for file, text := range map[string]string{"whole.yaml": stream + resources, "stream.yaml": stream, "resources.yaml": resources} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			command := programtest.Command(ctx, args...)
			command.Dir = dir
			command.Env = append(command.Env, "TEST_URL="+server.URL)
			log := &childprocess.Log{}
			command.Stdout, command.Stderr = log, log
			require.NoError(t, command.Start())
			defer func() {
				cancel()
				_ = command.Wait() // it is killed
				if t.Failed() {
					t.Log(log.String())
				}
			}()
			waiting.For(t, "the position", func() bool {
				_, err := os.Stat(filepath.Join(dir, "state", "deep", "chronicle_detection_alerts"))
				return err == nil
			})
		})
	}
}
