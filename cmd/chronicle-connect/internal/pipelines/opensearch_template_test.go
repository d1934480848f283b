//go:build !minimal

package pipelines

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	neturl "net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// putTemplate puts a template of config/opensearch/ into an OpenSearch.
func putTemplate(t *testing.T, url, name, file string) {
	t.Helper()
	template, err := os.ReadFile(repository.Path(t, "config", "opensearch/"+file))
	require.NoError(t, err)
	openSearchCall(t, http.MethodPut, url+"/_index_template/"+name, string(template))
}

// TestOpenSearchTemplate indexes what guessing would refuse, for many rules, under the
// template: nothing is refused, and no field is added.
func TestOpenSearchTemplate(t *testing.T) {
	t.Parallel()
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	putTemplate(t, url, "chronicle-detections", "index-template.json")
	putTemplate(t, url, "chronicle-detections-ecs", "ecs-index-template.json") // beside it

	const detections, rules, day = 2000, 300, "2026-03-09T10:00:00Z"
	values := []string{"2026-03-09", "35", "word", "true", "1e400", "10.0.0.1", "", "2026-13-45"}
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	var last time.Time
	for i := 0; i < detections; i += 500 {
		var batch []json.RawMessage
		for n := i; n < i+500; n++ {
			rule, value := n%rules, values[n/7%len(values)]
			batch = append(batch, json.RawMessage(fmt.Sprintf(`{"id":"de_%d","detectionTime":%q,"type":"RULE_DETECTION",
				"detection":[{"ruleId":"ru_%d","ruleName":"rule %d","riskScore":%d,
				"outcomes":[{"key":"outcome","value":%q},{"key":"outcome_%d","value":%q},{"key":"none"}],
				"detectionFields":[{"key":"field","value":%q}],
				"variables":{"variable_%d":{"value":%q,"of_%d":[1,{"a":null}]}}}],
				"new_%d":{"latency":%q},
				"collectionElements":[{"label":"e","references":[{"event":{"additional":{"field_%d":%q}}}]}]}`,
				n, day, rule, rule, n%100, value, rule, value, value, rule, value, rule, rule, value, rule, value)))
		}
		last = server.Append(batch...)
	}
	last = server.Append(json.RawMessage(`{"id":"de_odd","detectionTime":"` + day + `","createdTime":"never","detection":[{"riskScore":"high"}]}`))
	d := programtest.DeployFile(t, server, "opensearch.yaml", openSearchSettings(url)...)
	process := d.Start()
	waiting.For(t, "all detections to be indexed", func() bool { return d.Stored().Equal(last) })
	process.Stop()

	require.Empty(t, refusedBy(t, d, false))
	documents, err := servers.OpenSearchDocuments(url)
	require.NoError(t, err)
	require.Len(t, documents, detections+1)

	// The fields are those of the template.
	var mappings map[string]struct {
		Mappings struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"mappings"`
	}
	openSearchGet(t, url+"/chronicle-detections-2026.03.09/_mapping", &mappings)
	var template struct {
		Template struct {
			Mappings struct {
				Properties map[string]json.RawMessage `json:"properties"`
			} `json:"mappings"`
		} `json:"template"`
	}
	text, err := os.ReadFile(repository.Path(t, "config", "opensearch/index-template.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &template))
	got := mappings["chronicle-detections-2026.03.09"].Mappings.Properties
	require.Len(t, got, len(template.Template.Mappings.Properties))
	require.NotContains(t, string(got["detection"]), "variable_")

	// And they are searched.
	for query, want := range map[string]int{
		"detection.outcomes.key:outcome_7":                7,
		"detection.ruleName.text:rule":                    detections,
		`detection.detectionFields.value:"10.0.0.1"`:      250,
		"detection.riskScore:>=99":                        20,
		"detectionTime:[2026-03-09 TO 2026-03-10]":        detections + 1,
		"detection.ruleId:ru_299 AND type:RULE_DETECTION": 6,
	} {
		var found struct {
			Hits struct{ Total struct{ Value int } }
		}
		openSearchGet(t, url+"/chronicle-detections-*/_search?track_total_hits=true&size=0&q="+neturl.QueryEscape(query), &found)
		require.Equal(t, want, found.Hits.Total.Value, query)
	}
}

func openSearchGet(t *testing.T, address string, into any) {
	t.Helper()
	response, err := http.Get(address)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", answer)
	require.NoError(t, json.Unmarshal(answer, into), "%s", answer)
}
