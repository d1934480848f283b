//go:build !minimal

package pipelines

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// openSearchItems is an answer with so many items, each of that JSON.
func openSearchItems(n int, item string) servers.Answer {
	items := strings.TrimSuffix(strings.Repeat(`{"index":`+item+`},`, n), ",")
	return servers.Answer{Status: 200, Body: `{"took":1,"errors":false,"items":[` + items + `]}`}
}

// openSearchTaken takes every document of a bulk request.
func openSearchTaken(body string) servers.Answer {
	return openSearchItems(strings.Count(body, "\n")/2, `{"_index":"x","status":201}`)
}

// TestOpenSearchAnswers has two documents answered in all ways that are no yes.
func TestOpenSearchAnswers(t *testing.T) {
	t.Parallel()
	setting := `{"status":400,"error":{"type":"illegal_argument_exception","reason":"no write index is defined for alias [x]"}}`
	noes := []servers.Answer{
		{Status: 200, Body: "{}"},
		{Status: 200},
		{Status: 200, Body: "<html>sign in</html>"},
		openSearchItems(1, `{"status":201}`),
		openSearchItems(3, `{"status":201}`),
		openSearchItems(2, `{"status":429}`),
		openSearchItems(2, setting),
		openSearchItems(2, `{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index [x]"}}`),
		openSearchItems(2, `"nonsense"`),
		{Status: 200, Body: `--a` + "\r\n\r\n{}\r\n--a\r\n\r\n{}\r\n--a--", Header: http.Header{"Content-Type": {"multipart/mixed; boundary=a"}}},
		{Status: 304},
		{Status: 309, Body: openSearchItems(2, `{"status":201}`).Body},
		{Status: 401, Body: "Unauthorized"},
		{Status: 503},
	}
	node := servers.StartAnswering(t, openSearchTaken, noes...)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "opensearch.yaml", "OPENSEARCH_URL="+node.URL, "OPENSEARCH_PASSWORD=secret-5", "OPENSEARCH_USERNAME=me")
	// The waits between the attempts are left out.
	d.Args = append(d.Args, "--set", "output.broker.outputs.0.processors.4.while.processors.1.branch.processors.1.sleep.duration=1ms")
	last := server.Append(json.RawMessage(`{"id":"de_1"}`), json.RawMessage(`{"id":"de_2"}`))
	process := d.Start()
	waiting.For(t, "the detections to be indexed", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	require.Len(t, node.Bodies(), len(noes)+1)
	for _, body := range node.Bodies() {
		require.Equal(t, 2, strings.Count(body, `{"index":`), body)
	}
	require.Empty(t, refusedBy(t, d, false))
	log := process.Log.String()
	require.Equal(t, len(noes), strings.Count(log, "2 documents are sent again"))
	require.NotContains(t, log, "secret-5")
}

// TestOpenSearchPart has a part of a request taken, a part refused and a part tried
// again, which alone is sent again.
func TestOpenSearchPart(t *testing.T) {
	t.Parallel()
	node := servers.StartAnswering(t, openSearchTaken, servers.Answer{Status: 200, Body: `{"errors":true,"items":[
		{"index":{"status":201}},
		{"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"failed to parse"}}},
		{"index":{"status":429,"error":{"type":"rejected_execution_exception","reason":"full"}}}]}`})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "opensearch.yaml", "OPENSEARCH_URL="+node.URL)
	last := server.Append(json.RawMessage(`{"id":"de_1"}`), json.RawMessage(`{"id":"de_2"}`), json.RawMessage(`{"id":"de_3"}`))
	process := d.Start()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	require.Len(t, node.Bodies(), 2)
	require.Contains(t, node.Bodies()[1], "de_3")
	require.Equal(t, 2, strings.Count(node.Bodies()[1], "\n"))
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, "de_2", kept[0].ID)
}

// TestOpenSearchTooLarge has a proxy in front that takes 100 kB a request: what is
// larger is halved until it fits, and a document that doesn't is set aside.
func TestOpenSearchTooLarge(t *testing.T) {
	t.Parallel()
	const most = 100_000
	node := servers.StartAnswering(t, func(body string) servers.Answer {
		if len(body) > most {
			return servers.Answer{Status: 413, Body: "<html>413 Request Entity Too Large</html>"}
		}
		return openSearchTaken(body)
	})
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "opensearch.yaml", "OPENSEARCH_URL="+node.URL)
	batch := chronicletest.NewGenerator(1).Detections(199, 4000)
	large := json.RawMessage(`{"id":"de_large","text":"` + strings.Repeat("x", most) + `"}`)
	batch = append(batch, large)
	last := server.Append(batch...)
	process := d.Start()
	begin := time.Now()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	require.Less(t, time.Since(begin), 20*time.Second, "halving does not wait")
	taken := map[string]int{}
	for _, body := range node.Bodies() {
		if len(body) <= most {
			for _, detection := range batch {
				if strings.Contains(body, string(detection)+"\n") {
					taken[string(detection)]++
				}
			}
		}
	}
	require.Len(t, taken, 199)
	for _, times := range taken {
		require.Equal(t, 1, times)
	}
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, string(large), kept[0].body(t))
	require.Contains(t, kept[0].Destination["index"], "chronicle-detections-")
	require.Equal(t, "de_large", kept[0].Destination["document"])
}

// TestOpenSearchPoison sends odd detections among good ones to a real server.
func TestOpenSearchPoison(t *testing.T) {
	t.Parallel()
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	// Without it, an odd document that comes first decides what all others have to be.
	putTemplate(t, url, "chronicle-detections", "index-template.json")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "opensearch.yaml", openSearchSettings(url)...)
	provePoison(t, server, d, map[string]string{
		"a text for an object": `{"id":"de_text","collectionElements":"none","detection":[1,{"a":null}]` + `,"mark":"mark of a text for an object"}`,
	}, func() string {
		documents, err := servers.OpenSearchDocuments(url)
		require.NoError(t, err)
		text := ""
		for _, document := range documents {
			text += string(document.Source)
		}
		return text
	})
}
