//go:build !minimal

package pipelines

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestOpenSearchRefusesForGood has a mapping refuse one detection of a batch.
func TestOpenSearchRefusesForGood(t *testing.T) {
	t.Parallel()
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	openSearchCall(t, http.MethodPut, url+"/_index_template/refusing", `{
		"index_patterns": ["chronicle-detections-*"],
		"template": {"mappings": {"properties": {"odd": {"type": "long"}}}}
	}`)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	d := programtest.DeployFile(t, server, "opensearch.yaml", openSearchSettings(url)...)
	refused := `{"id":"de_refused","odd":"not a number","detectionTime":"2026-01-02T03:04:05Z"}`
	server.Append(json.RawMessage(refused), json.RawMessage(`{"id":"de_taken","odd":1,"detectionTime":"2026-01-02T03:04:05Z"}`))
	process := d.Start()
	last := sent.Append(10, ledger.FeedSize)
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()

	ids, err := servers.OpenSearchIDs(url)
	require.NoError(t, err)
	require.Len(t, ids, 11)
	require.Contains(t, ids, "de_taken")
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, refused, kept[0].body(t))
	require.Equal(t, map[string]string{"index": "chronicle-detections-2026.01.02", "document": "de_refused"}, kept[0].Destination)
	require.Contains(t, kept[0].Reason, "mapper_parsing_exception: failed to parse field [odd] of type [long]")
	require.Contains(t, process.Log.String(), "refused for good")
}

func openSearchCall(t *testing.T, method, url, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", answer)
}
