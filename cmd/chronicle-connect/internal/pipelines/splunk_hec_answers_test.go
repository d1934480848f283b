//go:build !minimal

package pipelines

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func hecTaken(string) servers.Answer {
	return servers.Answer{Status: 200, Body: `{"text":"Success","code":0}`}
}

func hecTo(collector *servers.Answering) []string {
	return []string{"SPLUNK_HEC_URL=" + collector.URL, "SPLUNK_HEC_TOKEN=secret-5", "SPLUNK_HEC_INDEX=", "SPLUNK_HEC_SOURCETYPE="}
}

// TestSplunkHECAnswers has two events answered in all ways that are no yes.
func TestSplunkHECAnswers(t *testing.T) {
	t.Parallel()
	noes := []servers.Answer{
		{Status: 200, Body: "<html>sign in</html>"},
		{Status: 200},
		{Status: 204},
		{Status: 200, Body: "{}"},
		{Status: 200, Body: "0"},
		{Status: 200, Body: `{"text":"Server is busy","code":9}`},
		{Status: 304},
		{Status: 309, Body: `{"text":"Success","code":0}`},
		{Status: 400, Body: `{"text":"Incorrect index","code":7,"invalid-event-number":0}`},
		{Status: 400, Body: `{"text":"Data channel is missing","code":10}`},
		{Status: 400, Body: "<html>"},
		{Status: 401, Body: `{"text":"Token is required","code":2}`},
		{Status: 403, Body: `{"text":"Invalid token","code":4}`},
		{Status: 503, Body: `{"text":"Server is busy","code":9}`},
	}
	collector := servers.StartAnswering(t, hecTaken, noes...)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "splunk-hec.yaml", hecTo(collector)...)
	// The waits between the attempts are left out.
	d.Args = append(d.Args, "--set", "output.broker.outputs.0.processors.1.while.processors.1.branch.processors.1.sleep.duration=1ms")
	last := server.Append(json.RawMessage(`{"id":"de_1"}`), json.RawMessage(`{"id":"de_2"}`))
	process := d.Start()
	waiting.For(t, "the detections to be taken", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	require.Len(t, collector.Bodies(), len(noes)+1)
	for _, body := range collector.Bodies() {
		require.Equal(t, 2, strings.Count(body, "\n"), body)
	}
	require.Empty(t, refusedBy(t, d, false))
	log := process.Log.String()
	require.Equal(t, len(noes), strings.Count(log, "2 events are sent again"))
	require.NotContains(t, log, "secret-5")
}

// TestSplunkHECTooLarge has a proxy in front that takes 100 kB a request.
func TestSplunkHECTooLarge(t *testing.T) {
	t.Parallel()
	const most = 100_000
	collector := servers.StartAnswering(t, func(body string) servers.Answer {
		if len(body) > most {
			return servers.Answer{Status: 413, Body: "<html>413 Request Entity Too Large</html>"}
		}
		return hecTaken(body)
	})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "splunk-hec.yaml", hecTo(collector)...)
	batch := chronicletest.NewGenerator(1).Detections(149, 4000)
	large := json.RawMessage(`{"id":"de_large","text":"` + strings.Repeat("x", most) + `"}`)
	batch = append(batch, large)
	last := server.Append(batch...)
	process := d.Start()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	events := 0
	for _, body := range collector.Bodies() {
		if len(body) <= most {
			events += strings.Count(body, "\n")
		}
	}
	require.Equal(t, 149, events)
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, string(large), kept[0].body(t))
}

// TestSplunkHECPoison sends odd detections among good ones.
func TestSplunkHECPoison(t *testing.T) {
	t.Parallel()
	collector := servers.StartAnswering(t, hecTaken)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "splunk-hec.yaml", hecTo(collector)...)
	provePoison(t, server, d, nil, func() string { return strings.Join(collector.Bodies(), "\n") })
}
