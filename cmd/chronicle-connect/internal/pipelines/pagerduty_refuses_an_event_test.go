//go:build !minimal

package pipelines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestPagerDutyRefusesForGood has everything refused until the key is right, then
// one detection for good. Odd detections around it become alerts within the limits.
func TestPagerDutyRefusesForGood(t *testing.T) {
	t.Parallel()
	receiver := servers.StartReceiver(t, "pagerduty")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	settings := pagerDutySettings(receiver)
	d := programtest.DeployFile(t, server, "pagerduty.yaml", append(settings, "PAGERDUTY_ROUTING_KEY=wrong-secret-7")...)
	first := server.Append(json.RawMessage(`{"id":"de_first"}`))
	refused := json.RawMessage(`{"id":"de_refused","detection":[{"summary":"s","description":"\"refuse\":true"}]}`)
	odd := hostile(t)
	server.Append(odd...)
	last := server.Append(refused, json.RawMessage(`{"id":"de_last"}`))

	process := d.Start()
	process.WaitLog("the event is tried again: ")
	process.Kill()
	require.NotContains(t, process.Log.String(), "wrong-secret-7")
	require.True(t, d.Stored().Before(first), "nothing was delivered")
	require.NoFileExists(t, filepath.Join(d.StateDir, "pagerduty_refused.jsonl"), "the key is no fault of a detection")

	d.Env = append(d.Env, settings...)
	process = d.Start()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	taken, err := receiver.Taken()
	require.NoError(t, err)
	require.Len(t, taken, len(odd)+2)
	text, err := os.ReadFile(filepath.Join(d.StateDir, "pagerduty_refused.jsonl"))
	require.NoError(t, err)
	var line struct{ ID, Pipeline, Reason, Detection string }
	require.NoError(t, json.Unmarshal(text, &line), "%s", text)
	require.Equal(t, "de_refused", line.ID)
	require.Equal(t, "pagerduty", line.Pipeline)
	require.Equal(t, string(refused), line.Detection)
	require.Contains(t, line.Reason, "custom_details")
	require.NotContains(t, line.Reason, servers.PagerDutyKey)
}
