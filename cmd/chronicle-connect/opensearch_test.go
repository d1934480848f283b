//go:build !minimal

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const openSearchIndex = "chronicle-detections"

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
	require.Len(t, documents, sent.count(), "repeats overwrite")
	byID := sent.byID(t)
	for _, document := range documents {
		require.Equal(t, string(byID[document.ID]), string(document.Source))
		require.Regexp(t, `^chronicle-detections-\d{4}\.\d\d\.\d\d$`, document.Index)
	}
}

// TestOpenSearchRefusesForGood has a mapping refuse one detection of a batch.
func TestOpenSearchRefusesForGood(t *testing.T) {
	node := startReal(t, "opensearch")
	url := "http://" + node.addr()
	openSearchCall(t, http.MethodPut, url+"/_index_template/refusing", `{
		"index_patterns": ["chronicle-detections-*"],
		"template": {"mappings": {"properties": {"odd": {"type": "long"}}}}
	}`)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := newLedger(server, 1)
	d := deployFile(t, server, "opensearch.yaml", openSearchSettings(url)...)
	refused := `{"id":"de_refused","odd":"not a number","detectionTime":"2026-01-02T03:04:05Z"}`
	server.Append(json.RawMessage(refused), json.RawMessage(`{"id":"de_taken","odd":1,"detectionTime":"2026-01-02T03:04:05Z"}`))
	process := d.start()
	last := sent.append(10, proofSize)
	waitFor(t, "all detections to be settled", func() bool { return d.stored().Equal(last) })
	process.stop()

	ids, err := openSearchIDs(url)
	require.NoError(t, err)
	require.Len(t, ids, 11)
	require.Contains(t, ids, "de_taken")
	text, err := os.ReadFile(filepath.Join(d.state, "opensearch_refused.jsonl"))
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(text, []byte("\n")), "%s", text)
	var line struct{ Reason, Index, Detection string }
	require.NoError(t, json.Unmarshal(text, &line))
	require.Equal(t, refused, line.Detection)
	require.Equal(t, "chronicle-detections-2026.01.02", line.Index)
	require.Contains(t, line.Reason, "mapper_parsing_exception: failed to parse field [odd] of type [long]")
	require.Contains(t, process.log.String(), "OpenSearch refused a detection for good")
}

// openSearchSettings lead opensearch.yaml to a server.
func openSearchSettings(url string) []string {
	return []string{"OPENSEARCH_URL=" + url, "OPENSEARCH_INDEX=", "OPENSEARCH_USERNAME=", "OPENSEARCH_PASSWORD="}
}

type openSearchDocument struct {
	ID     string          `json:"_id"`
	Index  string          `json:"_index"`
	Source json.RawMessage `json:"_source"`
}

func openSearchIDs(url string) ([]string, error) {
	documents, err := openSearchDocuments(url)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, document := range documents {
		ids = append(ids, document.ID)
	}
	return ids, nil
}

// openSearchDocuments reads all detections, those just written included.
func openSearchDocuments(url string) ([]openSearchDocument, error) {
	if err := answers(url + "/" + openSearchIndex + "-*/_refresh"); err != nil {
		return nil, err
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(url + "/" + openSearchIndex + "-*/_search?size=10000")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("searching: got %s, want 200", response.Status)
	}
	var found struct {
		Shards struct{ Failed int } `json:"_shards"`
		Hits   struct{ Hits []openSearchDocument }
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return nil, fmt.Errorf("reading what a search found: %w", err)
	}
	if found.Shards.Failed > 0 {
		return nil, fmt.Errorf("searching: %d shards failed", found.Shards.Failed)
	}
	return found.Hits.Hits, nil
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
