//go:build !minimal

package pipelines

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// changes are what the versions of a detection have beside its id, the older one first.
var changes = map[string][2]string{
	"updated":          {`"mark":"older"`, `"lastUpdatedTime":"2026-01-02T03:05:00.001Z","mark":"newer"`},
	"updated twice":    {`"lastUpdatedTime":"2026-01-02T04:00:00Z","mark":"older"`, `"lastUpdatedTime":"2026-01-02T05:00:01+01:00","mark":"newer"`},
	"of the same time": {`"mark":"older"`, `"mark":"newer"`},
}

// versionsOf are the versions of a detection.
func versionsOf(id string, change [2]string) (versions [2]string) {
	for i, text := range change {
		versions[i] = `{"id":"` + id + `","detectionTime":"2026-01-02T03:04:05Z","createdTime":"2026-01-02T03:05:00Z",` + text + `}`
	}
	return versions
}

// An older version of a detection never overwrites a newer one in OpenSearch.
func TestOpenSearchKeepsTheNewestVersion(t *testing.T) {
	t.Parallel()
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	putTemplate(t, url, "chronicle-detections", "index-template.json")
	// A search fails while its index is being created.
	source := func(id string) (found string, err error) {
		documents, err := servers.OpenSearchDocuments(url)
		for _, document := range documents {
			if document.ID == id {
				found += string(document.Source)
			}
		}
		return found, err
	}
	requireNewest := func(t *testing.T, id, newest string) {
		t.Helper()
		found, err := source(id)
		require.NoError(t, err)
		require.Equal(t, newest, found)
	}
	answers := map[string]servers.Answer{
		"503":         {Status: http.StatusServiceUnavailable},
		"item of 429": openSearchItems(1, `{"status":429,"error":{"type":"rejected_execution_exception","reason":"full"}}`),
		// Kept in the file of refused ones, and redelivered.
		"item of 400": openSearchItems(1, `{"status":400,"error":{"type":"mapper_parsing_exception","reason":"odd"}}`),
	}
	detections := 0
	for name, answer := range answers {
		for times, change := range changes {
			detections++
			id := fmt.Sprint("de_", detections)
			versions := versionsOf(id, change)
			t.Run(name+"/"+times, func(t *testing.T) {
				gate := servers.StartGate(t, node.Addr())
				server := chronicletest.NewServer()
				defer server.Close()
				d := programtest.DeployFile(t, server, "opensearch.yaml", openSearchSettings(gate.URL)...)
				d.Args = append(d.Args, "--set", "output.broker.batching.count=1") // a request each
				refused := filepath.Join(d.StateDir, "opensearch_refused.jsonl")
				gate.Stop(`"mark":"older"`, answer)
				process := d.Start()
				server.Append(json.RawMessage(versions[0]))
				waiting.For(t, "the older version to be refused", func() bool { return gate.Stopped() > 0 })
				last := server.Append(json.RawMessage(versions[1]))
				waiting.For(t, "the newer version to be indexed", func() bool {
					found, err := source(id)
					return err == nil && found == versions[1]
				})
				gate.Open()
				waiting.For(t, "both to be settled", func() bool { return d.Stored().Equal(last) })
				process.Stop()
				if name == "item of 400" {
					require.Len(t, refusedBy(t, d, true), 1)
					require.Zero(t, d.StartCommand("redeliver", refused).WaitExit(waiting.Patience), "exit code")
				}
				require.NoFileExists(t, refused)
				requireNewest(t, id, versions[1])

				// Both come again. The newer one is held back until the older one has arrived.
				require.NoError(t, os.RemoveAll(d.StateDir))
				gate.Stop(`"mark":"newer"`, servers.Answer{Status: http.StatusServiceUnavailable})
				process = d.Start()
				waiting.For(t, "the older version to arrive alone", func() bool { return gate.Stopped() > 0 && gate.Passed() > 0 })
				requireNewest(t, id, versions[1])
				gate.Open()
				waiting.For(t, "both to be settled again", func() bool { return d.Stored().Equal(last) })
				process.Stop()
				requireNewest(t, id, versions[1])
			})
		}
	}
}

// A data stream has each version of a detection once.
func TestOpenSearchDataStream(t *testing.T) {
	t.Parallel()
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	openSearchCall(t, http.MethodPut, url+"/_index_template/streams", `{"index_patterns": ["chronicle-detections-ecs-*"], "data_stream": {}}`)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "opensearch.yaml", append(openSearchSettings(url), "CHRONICLE_FORMAT=ecs")...)
	versions := versionsOf("de_1", changes["updated"])
	last := server.Append(json.RawMessage(versions[0]), json.RawMessage(versions[1]))
	for range 2 { // everything comes again
		process := d.Start()
		waiting.For(t, "both versions to be settled", func() bool { return d.Stored().Equal(last) })
		process.Stop()
		require.NotContains(t, process.Log.String(), "sent again")
		require.Empty(t, refusedBy(t, d, false))
		require.NoError(t, os.RemoveAll(d.StateDir))
	}
	ids, err := servers.OpenSearchIDs(url)
	require.NoError(t, err)
	var want []string
	for _, version := range versions {
		hash := sha256.Sum256([]byte(version))
		want = append(want, "de_1-"+hex.EncodeToString(hash[:6]))
	}
	require.ElementsMatch(t, want, ids)
}

// An older version of a detection that route.yaml writes after a newer one is an object
// of its own, also where it was a dead letter meanwhile.
func TestRouteKeepsEachVersion(t *testing.T) {
	t.Parallel()
	for times, change := range changes {
		versions := versionsOf("de_1", change)
		for _, deadLetter := range []bool{false, true} {
			name, after := "retried/"+times, "1h"
			if deadLetter {
				name, after = "redelivered/"+times, "1s"
			}
			t.Run(name, func(t *testing.T) {
				r := newRoutes(t)
				gate := servers.StartGate(t, r.s3.Addr())
				server := chronicletest.NewServer()
				defer server.Close()
				d := programtest.DeployFile(t, server, "route.yaml", append(r.settings("DEAD_LETTER_AFTER="+after), "S3_ENDPOINT="+gate.URL)...)
				d.Args = append(d.Args, quickly...)
				gate.Stop(`"mark":"older"`, servers.Answer{Status: http.StatusServiceUnavailable})
				process := d.Start()
				last := server.Append(json.RawMessage(versions[0]), json.RawMessage(versions[1]))
				waiting.For(t, "the newer version to be written", func() bool { return len(objectsOf(t, r)) == 1 })
				letters := filepath.Join(d.StateDir, "dead_letters", "s3.jsonl")
				if !deadLetter {
					gate.Open()
				}
				waiting.For(t, "both to be settled", func() bool { return d.Stored().Equal(last) })
				process.Stop()
				if deadLetter {
					require.FileExists(t, letters)
					gate.Open()
					redelivery := d.StartCommand("redeliver", letters)
					require.Zero(t, redelivery.WaitExit(waiting.Patience))
				}
				require.NoFileExists(t, letters)
				require.ElementsMatch(t, versions[:], objectsOf(t, r))
			})
		}
	}
}

// objectsOf is what is in the bucket. Each object has the bytes that it is named after.
func objectsOf(t *testing.T, r *routes) (bodies []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(r.s3.Dir, routeBucket, "detections", "*", "*.json"))
	require.NoError(t, err)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		bodies = append(bodies, string(body))
	}
	return bodies
}
