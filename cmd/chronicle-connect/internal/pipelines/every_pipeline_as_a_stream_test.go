//go:build !minimal

package pipelines

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// All pipelines for one machine run as streams of one process, as they are. Their
// destinations are away, but for the terminal; each reads all the same.
func TestEveryPipelineAsAStream(t *testing.T) {
	server := chronicletest.NewServer(chronicletest.WithMaxStreams(100)) // instead of the 10 of an account
	defer server.Close()
	server.Append(json.RawMessage(`{"id":"de_1","detection":[{"ruleName":"shown"}]}`))
	dir := t.TempDir()
	credentials, states := filepath.Join(dir, "credentials.json"), filepath.Join(dir, "state")
	require.NoError(t, server.WriteCredentials(credentials))
	require.NoError(t, os.Mkdir(states, 0o700))
	address := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))

	files, err := filepath.Glob(repository.Path(t, "config", "*.yaml"))
	require.NoError(t, err)
	args, names := []string{"streams", "--api"}, []string(nil)
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".yaml")])
		if matched, _ := filepath.Match("*_benthos_test", name); matched || name == "replay" || name == "backfill" { // which come to an end
			continue
		}
		args, names = append(args, file), append(names, name)
	}
	require.GreaterOrEqual(t, len(names), 15)

	const away = "127.0.0.1:1"
	command := programtest.Command(t.Context(), args...)
	command.Env = append(command.Env,
		"CHRONICLE_BASE_URL="+server.URL, "CHRONICLE_CREDENTIALS_FILE="+credentials, "CHRONICLE_START_TIME=1h", "CHRONICLE_STATE_DIR="+states, "TMPDIR="+dir,
		"CHRONICLE_HTTP_ADDRESS="+address, "CHRONICLE_API=", "CHRONICLE_INSTANCE=", "CHRONICLE_REGION=", "CHRONICLE_COLOR=false",
		"SLACK_WEBHOOK_URL=http://"+away, "GOOGLE_CHAT_WEBHOOK_URL=http://"+away, "TEAMS_WEBHOOK_URL=http://"+away, "HTTP_URL=http://"+away, "PAGERDUTY_ROUTING_KEY=k", "PAGERDUTY_URL=http://"+away,
		"JIRA_URL=http://"+away, "JIRA_API_TOKEN=t", "JIRA_PROJECT=P", "SERVICENOW_URL=http://"+away, "SERVICENOW_USERNAME=u", "SERVICENOW_PASSWORD=p",
		"SPLUNK_HEC_URL=http://"+away, "SPLUNK_HEC_TOKEN=t", bridgeSecret, "OPENSEARCH_URL=http://"+away, "KAFKA_ADDRESSES="+away, "NATS_URLS=nats://"+away,
		"S3_BUCKET=b", "S3_ENDPOINT=http://"+away, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=s",
		"GCS_BUCKET=b", "STORAGE_EMULATOR_HOST="+away, "PUBSUB_PROJECT=p", "PUBSUB_TOPIC=t", "PUBSUB_EMULATOR_HOST="+away,
	)
	log := childprocess.Start(t, command)

	waiting.For(t, "a stream of Chronicle's for each", func() bool {
		streams := 0
		for _, request := range server.Requests() {
			if request.API == "backstory" && request.Status == http.StatusOK {
				streams++
			}
		}
		return streams >= len(names)
	})
	waiting.For(t, "a line of table.yaml", func() bool { return strings.Contains(log.String(), "shown") })
	waiting.For(t, "the position of table.yaml", func() bool {
		_, err := os.Stat(filepath.Join(states, "table_position"))
		return err == nil
	})
	answer, err := http.Get(fmt.Sprintf("http://%s/streams", address))
	require.NoError(t, err)
	defer answer.Body.Close()
	var streams map[string]struct{ Active bool }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&streams))
	var active []string
	for name, stream := range streams {
		if stream.Active {
			active = append(active, name)
		}
	}
	slices.Sort(active)
	slices.Sort(names)
	require.Equal(t, names, active)
}
