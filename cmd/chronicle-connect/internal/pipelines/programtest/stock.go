package programtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// stockHostDirectory is where the host of plugins was built, "" where it was not.
var stockHostDirectory string

var buildStockHost = sync.OnceValues(func() (path string, err error) {
	if stockHostDirectory, err = os.MkdirTemp("", "stockhost"); err != nil {
		return "", err
	}
	path = filepath.Join(stockHostDirectory, "stockhost")
	build := exec.Command("go", "build", "-o", path, "github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/stockhost")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the host: %w\n%s", err, output)
	}
	return path, nil
})

// StockHost is the path of a host of RPC plugins that has none of the project's code
// in it.
func StockHost(t *testing.T) string {
	t.Helper()
	path, err := buildStockHost()
	require.NoError(t, err)
	return path
}

// removeStockHost removes what was built.
func removeStockHost() {
	if stockHostDirectory != "" {
		_ = os.RemoveAll(stockHostDirectory) // it is in the way of nothing
	}
}

// DeployStock writes a config for a host of RPC plugins that has none of the
// project's code in it, and the manifest by which it loads the program. The config is
// as Deploy writes it, but for the cache within the input. Settings may be those of
// further inputs, which are called like the first one with a number behind it: each
// reads from server likewise, with a position of its own.
func DeployStock(t *testing.T, server *chronicletest.Server, set Settings, further ...Settings) *Deployment {
	t.Helper()
	dir := t.TempDir()
	d := &Deployment{
		t:        t,
		host:     StockHost(t),
		config:   filepath.Join(dir, "pipeline.yaml"),
		StateDir: filepath.Join(dir, "state"),
		output:   filepath.Join(dir, "detections.jsonl"),
	}
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	if set.Output == "" {
		set.Output = fmt.Sprintf("file: {path: %q, codec: lines}", d.output)
	}
	var inputs strings.Builder
	for i, set := range append([]Settings{set}, further...) {
		name := "chronicle_detection_alerts"
		if i > 0 {
			name += fmt.Sprintf("_%d", i+1)
		}
		d.Args = append(d.Args, "--rpc-plugins", manifest(t, dir, name))
		fmt.Fprintf(&inputs, `
      - %s:
          base_url: %s
          credentials_file: %q
          checkpoint_dir: %q
          checkpoint_cache_key: %s
          %s
`, name, server.URL, credentials, d.StateDir, name, strings.Join(set.Input, "\n          "))
	}
	text := fmt.Sprintf(`
http: {enabled: false}
%s
input:
  broker:
    inputs:%s
output:
  %s
`, set.Rest, inputs.String(), set.Output)
	require.NoError(t, os.WriteFile(d.config, []byte(text), 0o600))
	return d
}

// manifest writes the program's own manifest, by which the test binary is started
// under a name.
func manifest(t *testing.T, dir, name string) (path string) {
	t.Helper()
	exitCode, text, stderr := Execute(t, "rpc-plugin", "--manifest")
	require.Zero(t, exitCode, stderr)
	command, err := json.Marshal([]string{os.Args[0], "rpc-plugin"})
	require.NoError(t, err)
	for before, after := range map[string]string{
		"\ncommand: [chronicle-connect, rpc-plugin]\n": "\ncommand: " + string(command) + "\n",
		"\nname: chronicle_detection_alerts\n":         "\nname: " + name + "\n",
	} {
		require.Contains(t, text, before)
		text = strings.Replace(text, before, after, 1)
	}
	path = filepath.Join(dir, name+".yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
