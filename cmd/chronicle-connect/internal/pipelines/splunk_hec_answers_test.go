//go:build !minimal

package pipelines

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const hecRetry = "output.broker.outputs.0.retry"

var hecYes = servers.Answer{Status: 200, Body: `{"text":"Success","code":0}`}

// TestSplunkHECAnswers has a detection answered in all ways that are no yes.
func TestSplunkHECAnswers(t *testing.T) {
	t.Parallel()
	env := func(url string) []string {
		return []string{"SPLUNK_HEC_URL=" + url, "SPLUNK_HEC_TOKEN=" + servers.ReceiverToken}
	}
	proveAnswers(t, "splunk-hec.yaml", hecRetry, env, hecYes, noes(
		servers.Answer{Status: 200, Body: `{}`},
		servers.Answer{Status: 200, Body: `{"text":"Server is busy","code":9}`},
		servers.Answer{Status: 200, Body: `{"text":"Success","code":"0"}`},
		servers.Answer{Status: 302, Body: `{"text":"Success","code":0}`},
		servers.Answer{Status: 400, Body: `{"text":"Incorrect index","code":7,"invalid-event-number":0}`},
		servers.Answer{Status: 400, Body: `{"text":"Data channel is missing","code":10}`},
		servers.Answer{Status: 400, Body: "<html>Bad request</html>"},
	))
}

// TestSplunkHECPoison sends odd detections among good ones through a proxy that takes
// a megabyte at the most.
func TestSplunkHECPoison(t *testing.T) {
	t.Parallel()
	collector := servers.StartAnswering(t, func(body string) servers.Answer {
		if len(body) > 1<<20 {
			return servers.Answer{Status: 413, Body: "too large"}
		}
		return hecYes
	})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "splunk-hec.yaml", "SPLUNK_HEC_URL="+collector.URL, "SPLUNK_HEC_TOKEN="+servers.ReceiverToken)
	large := `{"id":"de_large","mark":"mark of large","text":"` + strings.Repeat("x", 2<<20) + `"}`
	provePoison(t, server, d, map[string]string{"large": large}, func() string {
		return strings.Join(collector.Bodies(), "\n")
	})
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, large, kept[0].body(t))
	require.Equal(t, "splunk-hec", kept[0].Pipeline)
	require.Equal(t, "de_large", kept[0].ID)
	require.Contains(t, kept[0].Reason, "(413)")
}

// TestSplunkHECTooLarge sends events that fit, in requests that a proxy finds too
// large.
func TestSplunkHECTooLarge(t *testing.T) {
	t.Parallel()
	taken := 0
	collector := servers.StartAnswering(t, func(body string) servers.Answer {
		if len(body) > 100_000 {
			return servers.Answer{Status: 413, Body: "too large"}
		}
		taken += strings.Count(body, `"mark":`)
		return hecYes
	})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "splunk-hec.yaml", "SPLUNK_HEC_URL="+collector.URL, "SPLUNK_HEC_TOKEN="+servers.ReceiverToken)
	many := make(map[string]string)
	for _, kind := range []string{"a", "b", "c", "d", "e"} {
		many[kind] = `{"id":"de_` + kind + `","mark":"mark of ` + kind + `","text":"` + strings.Repeat("x", 90_000) + `"}`
	}
	provePoison(t, server, d, many, func() string { return strings.Join(collector.Bodies(), "\n") })
	require.Empty(t, refusedBy(t, d, false))
	require.GreaterOrEqual(t, taken, 2*len(many))
}
