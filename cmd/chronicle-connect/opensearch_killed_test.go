//go:build !minimal

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// TestOpenSearch proves opensearch.yaml with OpenSearch.
func TestOpenSearch(t *testing.T) {
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	sent := proof{
		config: "opensearch.yaml",
		env:    openSearchSettings(url),
		server: node,
		ids:    func() ([]string, error) { return servers.OpenSearchIDs(url) },
	}.run(t)

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
