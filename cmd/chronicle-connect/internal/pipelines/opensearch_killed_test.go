//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// TestOpenSearch proves opensearch.yaml with OpenSearch.
func TestOpenSearch(t *testing.T) {
	t.Parallel()
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	sent := proof.Outage{
		Config: "opensearch.yaml",
		Env:    openSearchSettings(url),
		Server: node,
		IDs:    func() ([]string, error) { return servers.OpenSearchIDs(url) },
	}.Run(t)

	documents, err := servers.OpenSearchDocuments(url)
	require.NoError(t, err)
	require.Len(t, documents, sent.Count(), "repeats overwrite")
	byID := sent.ByID(t)
	for _, document := range documents {
		require.Equal(t, string(byID[document.ID]), string(document.Source))
		require.Regexp(t, `^chronicle-detections-\d{4}\.\d\d\.\d\d$`, document.Index)
	}
}

// openSearchSettings lead opensearch.yaml to a server.
func openSearchSettings(url string) []string {
	return []string{"OPENSEARCH_URL=" + url, "OPENSEARCH_INDEX=", "OPENSEARCH_USERNAME=", "OPENSEARCH_PASSWORD="}
}
