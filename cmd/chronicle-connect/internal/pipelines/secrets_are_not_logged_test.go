package pipelines

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// What an output logs about a webhook that it cannot reach names the variable,
// not its value.
func TestWebhookIsNotLogged(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append([]byte(`{"id":"de_1"}`))
	path, _ := pipeline(t, server, "")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	input, _, _ := strings.Cut(string(text), "output:")
	path = filepath.Join(filepath.Dir(path), "webhook.yaml")
	require.NoError(t, os.WriteFile(path, []byte(input+"output: {http_client: {url: '${SLACK_WEBHOOK_URL}', retries: 0}}"), 0o600))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := programtest.Command(ctx, "run", path)
	command.Env = append(command.Env, "SLACK_WEBHOOK_URL=http://127.0.0.1:1/services/T0/B0/hunter2")
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	command.Stderr = command.Stdout
	require.NoError(t, command.Start())
	found := false
	for lines := bufio.NewScanner(stdout); !found && lines.Scan(); {
		require.NotContains(t, lines.Text(), "hunter2")
		found = strings.Contains(lines.Text(), "${SLACK_WEBHOOK_URL}")
	}
	require.True(t, found, "nothing was logged about the webhook")
	cancel()
	require.Error(t, command.Wait(), "it was killed")
}
