//go:build !minimal

package pipelines

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestJiraRefusesForGood has everything refused until the settings are right, then one
// detection for good. Odd detections around it become issues within the limits.
func TestJiraRefusesForGood(t *testing.T) {
	t.Parallel()
	for _, jira := range []struct {
		name     string
		settings []string
	}{
		{"Cloud", nil},
		{"Data Center", []string{"JIRA_API_VERSION=2", "JIRA_EMAIL="}},
	} {
		t.Run(jira.name, func(t *testing.T) {
			t.Parallel()
			receiver := servers.StartReceiver(t, "jira")
			settings := append(jiraSettings(receiver), jira.settings...)
			server := chronicletest.NewServer()
			t.Cleanup(server.Close)
			d := programtest.DeployFile(t, server, "jira.yaml", settings...)
			d.Args = append(d.Args, jiraQuickly...)
			first := server.Append(json.RawMessage(`{"id":"de_first"}`))
			refused := json.RawMessage(`{"id":"de_refused","detection":[{"summary":"s","description":"\"refuse\":true"}]}`)
			odd := oddOnes(t)
			server.Append(odd...)
			last := server.Append(refused, json.RawMessage(`{"id":"de_last"}`))

			proveWrongSettings(t, d, first, "the issue is tried again: ", map[string]string{
				"JIRA_API_TOKEN=wrong-secret-7": "(401)",
				"JIRA_PROJECT=OTHER":            "does not exist for the field 'project'",
				"JIRA_ISSUE_TYPE=Incident":      "Specify a valid issue type",
				"JIRA_PRIORITIES=UNKNOWN=P1":    "The priority selected is invalid.",
				`JIRA_FIELDS={"components":[]}`: "It is not on the appropriate screen",
				"JIRA_FIELDS=components":        "JIRA_FIELDS is no JSON object",
				"JIRA_API_VERSION=4":            "want 3 or 2",
			}, "wrong-secret-7", servers.JiraToken, base64.StdEncoding.EncodeToString([]byte(servers.JiraEmail+":wrong-secret-7")))

			d.Env = append(d.Env, "JIRA_LABELS=alert, of mine")
			process := d.Start()
			waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
			process.Stop()
			kept := refusedBy(t, d, true)
			require.Len(t, kept, 1, "%v", kept)
			ids, err := receiver.IDs(servers.JiraDetection)()
			require.NoError(t, err)
			const again = 2 // ids that hostile and poison both have: the same issue
			require.Len(t, ids, len(odd)-again+2)
			require.Contains(t, ids, "de_last")
			require.Equal(t, "de_refused", kept[0].ID)
			require.Equal(t, "jira", kept[0].Pipeline)
			require.Equal(t, map[string]string{"project": servers.JiraProject}, kept[0].Destination)
			require.Equal(t, string(refused), kept[0].Detection)
			require.Contains(t, kept[0].Reason, "32,767")
			require.NotContains(t, kept[0].Reason, servers.JiraToken)
		})
	}
}
