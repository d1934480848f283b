package main

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

// A deployment is a config and what it keeps from one process to the next: the
// position, and the output file where the output is one.
type deployment struct {
	t      *testing.T
	server *chronicletest.Server
	config string // path
	state  string // directory of the file cache
	output string // path of the file that toFile writes
	key    string // of the position in the file cache; empty = the input's default
	env    []string
	args   []string // of the program, before the config
}

// settings are what differs between deployments.
type settings struct {
	input  []string // fields of the input, one a line
	output string   // empty = to the deployment's file
	rest   string   // a line at the top of the config
}

func deploy(t *testing.T, server *chronicletest.Server, set settings) *deployment {
	t.Helper()
	dir := t.TempDir()
	d := &deployment{
		t: t, server: server,
		config: filepath.Join(dir, "pipeline.yaml"),
		state:  filepath.Join(dir, "state"),
		output: filepath.Join(dir, "detections.jsonl"),
	}
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	if set.output == "" {
		set.output = fmt.Sprintf("file: {path: %q, codec: lines}", d.output)
	}
	text := fmt.Sprintf(`
http: {enabled: false}
%s
input:
  chronicle_detection_alerts:
    base_url: %s
    credentials_file: %q
    checkpoint_cache: state
    %s
cache_resources:
  - label: state
    file: {directory: %q}
output:
  %s
`, set.rest, server.URL, credentials, strings.Join(set.input, "\n    "), d.state, set.output)
	require.NoError(t, os.WriteFile(d.config, []byte(text), 0o600))
	return d
}

// stored is the position that the next process will find, zero if none. A kill
// may have left the position's file empty; its spare is whole then.
func (d *deployment) stored() time.Time {
	d.t.Helper()
	var text []byte
	key := cmp.Or(d.key, "chronicle_detection_alerts")
	for _, name := range []string{key, key + ".spare"} {
		var err error
		text, err = os.ReadFile(filepath.Join(d.state, name))
		if errors.Is(err, fs.ErrNotExist) {
			return time.Time{}
		}
		require.NoError(d.t, err)
		var position struct {
			ContinuationTime time.Time `json:"continuation_time"`
		}
		if json.Unmarshal(text, &position) == nil {
			return position.ContinuationTime
		}
	}
	require.Fail(d.t, "the stored position is lost", "it is %q", text)
	return time.Time{}
}

// written is what is in the output file from a byte on.
func (d *deployment) written(from int) []byte {
	d.t.Helper()
	text, err := os.ReadFile(d.output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(d.t, err)
	require.GreaterOrEqual(d.t, len(text), from, "the output file shrank")
	return text[from:]
}

// size is how many bytes the output file has.
func (d *deployment) size() int {
	info, err := os.Stat(d.output)
	if err != nil {
		return 0
	}
	return int(info.Size())
}

// deployFile deploys a pipeline of config/ to read from server, with settings as
// NAME=value.
func deployFile(t *testing.T, server *chronicletest.Server, config string, env ...string) *deployment {
	t.Helper()
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	d := &deployment{
		t: t, server: server,
		config: repository.Path(t, "config", config),
		state:  filepath.Join(dir, "state"),
		key:    strings.TrimSuffix(filepath.Base(config), ".yaml") + "_position",
		// Two processes at a time can't have the port of Benthos' own server.
		args: []string{"--set", "http.enabled=false"},
	}
	d.env = append([]string{
		"CHRONICLE_BASE_URL=" + server.URL,
		"CHRONICLE_CREDENTIALS_FILE=" + credentials,
		"CHRONICLE_START_TIME=1h",
		"CHRONICLE_STATE_DIR=" + d.state,
		// Whoever runs the test may have set these.
		"CHRONICLE_API=", "CHRONICLE_INSTANCE=", "CHRONICLE_REGION=",
	}, env...)
	return d
}

// read is what is in a file of the state directory.
func (d *deployment) read(name string) []byte {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.state, name))
	require.NoError(d.t, err)
	return text
}
