//go:build !minimal

package pipelines

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const httpRetry = "output.broker.outputs.0.retry"

func httpTaken(string) servers.Answer { return servers.Answer{Status: 200, Body: "taken"} }

// TestHTTPAnswers has a detection answered in all ways that are no yes.
func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	page := "<html>sign in</html>"
	noes := []servers.Answer{
		{Status: 200, Body: page},
		{Status: 200},
		{Status: 204},
		{Status: 200, Body: "--a\r\n\r\ntaken\r\n--a\r\n\r\ntaken\r\n--a--", Header: http.Header{"Content-Type": {"multipart/mixed; boundary=a"}}},
	}
	for _, status := range []int{300, 302, 304, 309, 399, 401, 403, 404, 405, 408, 418, 499} {
		answer := servers.Answer{Status: status, Body: page, Header: http.Header{"Location": {"/elsewhere"}}}
		if status == 304 {
			answer.Body = ""
		}
		noes = append(noes, answer)
	}
	webhook := servers.StartAnswering(t, httpTaken, noes...)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "http.yaml", "HTTP_URL="+webhook.URL+"/secret-5", "HTTP_SUCCESS=^taken$")
	d.Args = append(d.Args, withoutWaits(httpRetry)...)
	last := server.Append(json.RawMessage(`{"id":"de_1"}`))
	process := d.Start()
	waiting.For(t, "the detection to be delivered", func() bool { return d.Stored().Equal(last) })
	process.Stop()

	// Retries of the client itself come on top.
	require.Greater(t, len(webhook.Bodies()), len(noes))
	require.Empty(t, refusedBy(t, d, false))
	log := process.Log.String()
	for _, status := range []string{"answered 300", "answered 304", "answered 309", "(401)", "(403)", "(404)", "(405)"} {
		require.Contains(t, log, status)
	}
	require.Contains(t, log, "HTTP_SUCCESS does not match: <html>sign in")
	require.NotContains(t, log, "secret-5")
}

// TestHTTPPoison sends odd detections among good ones.
func TestHTTPPoison(t *testing.T) {
	t.Parallel()
	webhook := servers.StartAnswering(t, func(body string) servers.Answer {
		if len(body) > 1<<20 {
			return servers.Answer{Status: 413, Body: "too large"}
		}
		return httpTaken(body)
	})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "http.yaml", "HTTP_URL="+webhook.URL)
	large := `{"id":"de_large","mark":"mark of large","text":"` + strings.Repeat("x", 2<<20) + `"}`
	provePoison(t, server, d, map[string]string{"large": large}, func() string {
		return strings.Join(webhook.Bodies(), "\n")
	})
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, large, kept[0].body(t))
	require.Equal(t, "http", kept[0].Pipeline)
	require.Equal(t, "de_large", kept[0].ID)
	require.Contains(t, kept[0].Reason, "(413)")
}
