//go:build !minimal

package pipelines

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// examples/many-instances reads fifty instances in one process: each is asked for by
// its name, posts to its own webhook, has its own position and its own metrics.
func TestManyInstances(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is needed")
	}
	const instances = 50
	server := chronicletest.NewServer(chronicletest.WithMaxStreams(2 * instances))
	defer server.Close()
	server.Append(chronicletest.NewGenerator(1).Detections(3, 2000)...)

	var mu sync.Mutex
	posted := make(map[string]int) // by the webhook's path
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		posted[r.URL.Path]++
		_, _ = io.WriteString(w, "ok")
	}))
	defer slack.Close()

	dir := t.TempDir()
	credentials, states, table := filepath.Join(dir, "credentials.json"), filepath.Join(dir, "state"), filepath.Join(dir, "customers.csv")
	require.NoError(t, server.WriteCredentials(credentials))
	var lines strings.Builder
	lines.WriteString("# name, instance, webhook, credentials\n\n")
	name := func(i int) string { return fmt.Sprintf("customer_%d", i) }
	for i := range instances {
		own := ""
		if i%2 == 0 {
			own = credentials
		}
		fmt.Fprintf(&lines, "%s,projects/p%d/locations/us/instances/i,%s/services/%d,%s\r\n", name(i), i, slack.URL, i, own)
	}
	require.NoError(t, os.WriteFile(table, []byte(lines.String()), 0o600))
	address := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))

	program := programtest.Command(t.Context())
	command := exec.CommandContext(t.Context(), "bash", repository.Path(t, "examples", "many-instances", "run"), table)
	command.Env = append(slices.Clone(program.Env), "CHRONICLE_CONNECT="+program.Path,
		"CHRONICLE_BASE_URL="+server.URL, "CHRONICLE_CREDENTIALS_FILE="+credentials, "CHRONICLE_START_TIME=1h",
		"CHRONICLE_STATE_DIR="+states, "TMPDIR="+dir, "CHRONICLE_HTTP_ADDRESS="+address, "CHRONICLE_API=")
	log := childprocess.Start(t, command)

	waiting.For(t, "a post at each webhook, and a position for each", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for i := range instances {
			if _, err := os.Stat(filepath.Join(states, name(i)+"_position")); err != nil || posted[fmt.Sprintf("/services/%d", i)] == 0 {
				return false
			}
		}
		return true
	})
	asked := make(map[string]bool)
	for _, request := range server.Requests() {
		if request.API == "chronicle" {
			asked[request.Path] = true
		}
	}
	require.Len(t, asked, instances, "each instance is asked for by its name")
	answer, err := http.Get("http://" + address + "/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	metrics, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	for i := range instances {
		require.Regexp(t, fmt.Sprintf(`(?m)^chronicle_detections\{.*stream="%s".*\} 3$`, name(i)), string(metrics))
	}
	require.NotContains(t, log.String(), slack.URL+"/services", "webhooks are secrets")
	copies, err := os.ReadFile(filepath.Join(states, "streams", name(0)+".yaml"))
	require.NoError(t, err)
	require.NotContains(t, string(copies), slack.URL, "webhooks are secrets")
}

// A table that is wrong is told by the line, before anything runs.
func TestManyInstancesRefusesAWrongTable(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is needed")
	}
	const right = "a,projects/p/locations/us/instances/i,https://x,\n"
	for text, want := range map[string]string{
		right + right: "line 2: the name 'a' is there twice",
		"A b,projects/p/locations/us/instances/i,https://x,": "line 1: got the name 'A b'",
		"# no\na,p,https://x,":                               "line 2: got the instance 'p'",
		"a,projects/p/locations/us/instances/i,":             "line 1: the webhook is missing",
	} {
		table := filepath.Join(t.TempDir(), "table.csv")
		require.NoError(t, os.WriteFile(table, []byte(text), 0o600))
		command := exec.CommandContext(t.Context(), "bash", repository.Path(t, "examples", "many-instances", "run"), table)
		command.Env = append(os.Environ(), "CHRONICLE_STATE_DIR="+t.TempDir(), "CHRONICLE_CONNECT=false")
		told, err := command.CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(told), want)
	}
}
