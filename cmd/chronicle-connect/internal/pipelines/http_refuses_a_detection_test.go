//go:build !minimal

package pipelines

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestHTTPRefusesForGood has one detection refused, and then everything until the
// token is right.
func TestHTTPRefusesForGood(t *testing.T) {
	t.Parallel()
	webhook := servers.StartReceiver(t, "webhook")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	settings := httpSettings(webhook)
	d := programtest.DeployFile(t, server, "http.yaml", settings[0], "HTTP_AUTHORIZATION=Bearer wrong-secret-7")
	refused := json.RawMessage(`{"id":"de_refused",` + servers.RefusedMark + `}`)
	first := server.Append(refused)
	last := sent.Append(10, ledger.FeedSize)

	process := d.Start()
	process.WaitLog("the detection is tried again: (url) HTTP request returned unexpected response code (401)")
	process.Kill()
	require.NotContains(t, process.Log.String(), "wrong-secret-7")
	require.NotContains(t, process.Log.String(), webhook.Addr, "whoever has a webhook's address can post")
	require.NoFileExists(t, filepath.Join(d.StateDir, "http_refused.jsonl"))
	require.True(t, d.Stored().Before(first), "nothing was delivered")

	d.Env = append(d.Env, settings[1])
	process = d.Start()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	ids, err := webhook.IDs(plain)()
	require.NoError(t, err)
	require.Len(t, ids, 10)
	require.NotContains(t, ids, "de_refused")
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, string(refused), kept[0].body(t))
	require.Contains(t, kept[0].Reason, "(422)")
	require.NotContains(t, kept[0].Reason, webhook.Addr)
}
