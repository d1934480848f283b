//go:build !minimal

package pipelines

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// orderedRetry is where pipelines that keep the order have their retry output.
const orderedRetry = "output.drop_on.output.retry"

// noes are answers that no destination documents for success, and those beside them.
func noes(more ...servers.Answer) []servers.Answer {
	all := []servers.Answer{{Status: 200, Body: "<html>sign in</html>"}, {Status: 200}, {Status: 204}, {Status: 304}}
	for _, status := range []int{300, 302, 309, 401, 403, 404, 405, 500, 503} {
		all = append(all, servers.Answer{Status: status, Body: "<html>no</html>", Header: http.Header{"Location": {"/elsewhere"}}})
	}
	return append(all, more...)
}

// proveRetryAfter has a pipeline's one detection answered with 429 and how long to wait,
// and then with a yes: it is not sent again before that. The pipeline keeps the order.
func proveRetryAfter(t *testing.T, config string, env func(url string) []string, yes servers.Answer, args ...string) {
	t.Helper()
	destination := servers.StartAnswering(t, func(string) servers.Answer { return yes },
		servers.Answer{Status: 429, Header: http.Header{"Retry-After": {"2"}}})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	last := server.Append(json.RawMessage(`{"id":"de_1"}`))
	d := programtest.DeployFile(t, server, config, env(destination.URL)...)
	d.Args = append(append(d.Args, withoutWaits(orderedRetry)...), args...)
	process := d.Start()
	waiting.For(t, "the detection to be delivered", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	asked := destination.Times()
	require.Len(t, asked, 2)
	require.GreaterOrEqual(t, asked[1].Sub(asked[0]), 2*time.Second)
}

// proveAnswers has a pipeline's one detection answered by each no in turn, and expects
// it to be sent again each time, with a word in the log, until the answer is yes. The
// pipeline keeps the order.
func proveAnswers(t *testing.T, config string, env func(url string) []string, yes servers.Answer, noes []servers.Answer, args ...string) {
	t.Helper()
	destination := servers.StartAnswering(t, func(string) servers.Answer { return yes }, noes...)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	last := server.Append(json.RawMessage(`{"id":"de_1","detectionTime":"2026-01-02T03:04:05Z"}`))
	d := programtest.DeployFile(t, server, config, env(destination.URL)...)
	d.Args = append(append(d.Args, withoutWaits(orderedRetry)...), args...)
	process := d.Start()
	waiting.For(t, "the detection to be delivered", func() bool {
		stored, asked := d.Stored(), len(destination.Bodies())
		require.False(t, asked <= len(noes) && stored.Equal(last), "after %d answers the position is past the detection", asked)
		return stored.Equal(last)
	})
	process.Stop()
	bodies := destination.Bodies()
	require.Len(t, bodies, len(noes)+1, "each no has the detection sent again, and the yes ends that")
	for _, body := range bodies {
		require.Contains(t, body, "de_1")
	}
	require.Empty(t, refusedBy(t, d, false), "no detection is to blame")
	for _, told := range []string{"answered 200: <html>sign in", "answered 204", "answered 300", "answered 304", "answered 309", "(401)", "(404)"} {
		require.Contains(t, process.Log.String(), told)
	}
}
