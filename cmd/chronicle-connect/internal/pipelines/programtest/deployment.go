package programtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A Deployment is a config and what it keeps from one process to the next: the
// position, and the output file where the output is one. What it exports may be
// changed between two processes.
type Deployment struct {
	StateDir string   // checkpoint_dir
	Env      []string // of the program, as NAME=value, on top of the test's own
	Args     []string // of the program, before the config

	t      *testing.T
	host   string // path of the program that runs it; empty = the program
	config string // path
	output string // path of the file that Deploy's output writes
	key    string // of the position in the file cache; empty = the input's default
}

// Settings are what differs between the configs that Deploy writes.
type Settings struct {
	Input  []string // fields of the input, one a line
	Output string   // empty = to the deployment's file
	Rest   string   // a line at the top of the config
}

// Deploy writes a config that reads from server, stores its position in a file and
// delivers to a file unless the settings say otherwise.
func Deploy(t *testing.T, server *chronicletest.Server, set Settings) *Deployment {
	t.Helper()
	dir := t.TempDir()
	d := &Deployment{
		t:        t,
		config:   filepath.Join(dir, "pipeline.yaml"),
		StateDir: filepath.Join(dir, "state"),
		output:   filepath.Join(dir, "detections.jsonl"),
	}
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	if set.Output == "" {
		set.Output = fmt.Sprintf("file: {path: %q, codec: lines}", d.output)
	}
	text := fmt.Sprintf(`
http: {enabled: false}
%s
input:
  chronicle_detection_alerts:
    base_url: %s
    credentials_file: %q
    checkpoint_dir: %q
    %s
output:
  %s
`, set.Rest, server.URL, credentials, d.StateDir, strings.Join(set.Input, "\n    "), set.Output)
	require.NoError(t, os.WriteFile(d.config, []byte(text), 0o600))
	return d
}

// DeployText deploys a config that is the test's own.
func DeployText(t *testing.T, text string) *Deployment {
	t.Helper()
	d := &Deployment{t: t, config: filepath.Join(t.TempDir(), "pipeline.yaml")}
	require.NoError(t, os.WriteFile(d.config, []byte(text), 0o600))
	return d
}

// Stored is the position that the next process will find, zero if none.
func (d *Deployment) Stored() time.Time {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.StateDir, cmp.Or(d.key, "chronicle_detection_alerts")))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}
	}
	require.NoError(d.t, err)
	var position struct {
		ContinuationTime time.Time `json:"continuation_time"`
	}
	require.NoError(d.t, json.Unmarshal(text, &position), "the stored position is %q", text)
	return position.ContinuationTime
}

// Written is what is in the output file from a byte on.
func (d *Deployment) Written(from int) []byte {
	d.t.Helper()
	text, err := os.ReadFile(d.output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(d.t, err)
	require.GreaterOrEqual(d.t, len(text), from, "the output file shrank")
	return text[from:]
}

// Size is how many bytes the output file has.
func (d *Deployment) Size() int {
	info, err := os.Stat(d.output)
	if err != nil {
		return 0
	}
	return int(info.Size())
}

// DeployFile deploys a pipeline of config/ to read from server, with settings as
// NAME=value.
func DeployFile(t *testing.T, server *chronicletest.Server, config string, env ...string) *Deployment {
	t.Helper()
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	d := &Deployment{
		t:        t,
		config:   repository.Path(t, "config", config),
		StateDir: filepath.Join(dir, "state"),
		key:      strings.TrimSuffix(filepath.Base(config), ".yaml") + "_position",
		// Two processes at a time can't have the port of Benthos' own server.
		Args: []string{"--set", "http.enabled=false"},
	}
	d.Env = append([]string{
		"CHRONICLE_BASE_URL=" + server.URL,
		"CHRONICLE_CREDENTIALS_FILE=" + credentials,
		"CHRONICLE_START_TIME=1h",
		"CHRONICLE_STATE_DIR=" + d.StateDir,
		// Whoever runs the test may have set these.
		"CHRONICLE_API=", "CHRONICLE_INSTANCE=", "CHRONICLE_REGION=",
	}, env...)
	return d
}

// Read is what is in a file of the state directory.
func (d *Deployment) Read(name string) []byte {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.StateDir, name))
	require.NoError(d.t, err)
	return text
}
