//go:build !minimal

package pipelines

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// jiraQuickly are arguments that take the waits out of jira.yaml, those that Jira asks
// for included.
var jiraQuickly = append(withoutWaits(orderedRetry),
	"--set", orderedRetry+".output.processors.6.try.1.http.retry_period=10ms",
	"--set", orderedRetry+".output.processors.12.switch.0.processors.0.sleep.duration=10ms",
)

func jiraSettings(receiver *servers.Receiver) []string {
	return []string{
		"JIRA_URL=http://" + receiver.Addr + "/", "JIRA_EMAIL=" + servers.JiraEmail, "JIRA_API_TOKEN=" + servers.JiraToken,
		"JIRA_PROJECT=" + servers.JiraProject, "JIRA_ISSUES_PER_MINUTE=1000000",
		"JIRA_SEARCH_DELAY=" + (servers.JiraSearchLag * 3 / 2).String(),
		// Whoever runs the test may have set these.
		"JIRA_API_VERSION=", "JIRA_ISSUE_TYPE=", "JIRA_LABELS=", "JIRA_PRIORITIES=", "JIRA_FIELDS=",
	}
}

// TestJira proves jira.yaml with a stand-in for Jira, a process that is killed, and
// which makes an issue now and then without saying so. No issue is there twice.
func TestJira(t *testing.T) {
	t.Parallel()
	receiver := servers.StartReceiver(t, "jira")
	proof.Outage{
		Config: "jira.yaml",
		Env:    jiraSettings(receiver),
		Args:   jiraQuickly,
		Server: receiver,
		IDs:    receiver.IDs(servers.JiraDetection),
	}.Run(t)
	taken, err := receiver.Taken()
	require.NoError(t, err)
	require.Len(t, taken, proof.Detections, "an issue is there twice")
}

// TestJiraPipelineKilled kills the pipeline in the middle of a detection batch, which
// then comes again from its first detection, before Jira's search finds
// the issues. Some answers are lost as well.
func TestJiraPipelineKilled(t *testing.T) {
	t.Parallel()
	const detections = 40
	receiver := servers.StartReceiver(t, "jira-late")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	last := sent.Append(detections, 2000)
	d := programtest.DeployFile(t, server, "jira.yaml", append(jiraSettings(receiver), "JIRA_SEARCH_DELAY="+(servers.JiraLateSearchLag*5/4).String())...)
	d.Args = append(d.Args, jiraQuickly...)
	ids := receiver.IDs(servers.JiraDetection)
	arrived := func() int {
		all, err := ids()
		require.NoError(t, err)
		return len(all)
	}
	for _, kill := range []int{1, 10, 20, 35} {
		process := d.Start()
		waiting.For(t, fmt.Sprintf("%d issues", kill), func() bool { return arrived() >= kill })
		process.Kill()
	}
	process := d.Start()
	waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	all, err := ids()
	require.NoError(t, err)
	slices.Sort(all)
	require.Len(t, slices.Compact(slices.Clone(all)), detections)
	require.Len(t, all, detections, "an issue is there twice")
}
