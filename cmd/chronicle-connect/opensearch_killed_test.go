//go:build !minimal

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOpenSearch proves opensearch.yaml with OpenSearch.
func TestOpenSearch(t *testing.T) {
	node := startReal(t, "opensearch")
	url := "http://" + node.addr()
	sent := proof{
		config: "opensearch.yaml",
		env:    openSearchSettings(url),
		server: node,
		ids:    func() ([]string, error) { return openSearchIDs(url) },
	}.run(t)

	documents, err := openSearchDocuments(url)
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
