//go:build !minimal

package servers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const openSearchIndex = "chronicle-detections"

// An OpenSearchDocument is a detection as OpenSearch has it.
type OpenSearchDocument struct {
	ID     string          `json:"_id"`
	Index  string          `json:"_index"`
	Source json.RawMessage `json:"_source"`
}

// OpenSearchIDs are the ids of all documents.
func OpenSearchIDs(url string) ([]string, error) {
	documents, err := OpenSearchDocuments(url)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, document := range documents {
		ids = append(ids, document.ID)
	}
	return ids, nil
}

// OpenSearchDocuments reads all detections, those just written included.
func OpenSearchDocuments(url string) ([]OpenSearchDocument, error) {
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
		Hits   struct{ Hits []OpenSearchDocument }
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return nil, fmt.Errorf("reading what a search found: %w", err)
	}
	if found.Shards.Failed > 0 {
		return nil, fmt.Errorf("searching: %d shards failed", found.Shards.Failed)
	}
	return found.Hits.Hits, nil
}
