//go:build !minimal

package pipelines

import (
	"encoding/json"
	neturl "net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestOpenSearchFormats indexes detections as ECS documents and as OCSF findings,
// each under its template, and finds them by the fields of those schemas.
func TestOpenSearchFormats(t *testing.T) {
	t.Parallel()
	node := servers.StartReal(t, "opensearch")
	url := "http://" + node.Addr()
	putTemplate(t, url, "chronicle-detections", "index-template.json")
	putTemplate(t, url, "chronicle-detections-ecs", "ecs-index-template.json")
	putTemplate(t, url, "chronicle-detections-ocsf", "ocsf-index-template.json")

	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	batch := chronicletest.NewGenerator(1).Detections(200, 8000)
	batch = append(batch, json.RawMessage(`{"id":"de_known","type":"RULE_DETECTION","detectionTime":"2026-01-02T03:04:05Z","createdTime":"2026-01-02T04:05:06Z",
		"detection":[{"ruleId":"ru_1","ruleName":"a known rule","riskScore":77,"ruleLabels":[{"key":"severity","value":"Info"}]}],
		"collectionElements":[{"label":"e","references":[{"event":{"principal":{"ip":["192.0.2.7"],"hostname":"desk"},"target":{"ip":"none"}}}]}]}`))
	last := server.Append(batch...)

	for _, format := range []struct {
		name    string
		queries []string // each finds the known detection
		types   map[string]string
	}{
		{
			"ecs",
			[]string{
				`event.id:de_known`, `rule.name:"a known rule"`, `rule.id:ru_1`, `event.severity:10 AND event.risk_score:77`,
				`@timestamp:"2026-01-02T03:04:05Z"`, `related.ip:"192.0.2.0/24"`,
			},
			map[string]string{"@timestamp": "date", "event.id": "keyword", "event.severity": "long", "source.ip": "ip", "rule.name": "keyword", "related.ip": "ip"},
		},
		{
			"ocsf",
			[]string{
				`finding_info.uid:de_known`, `finding_info.analytic.name:"a known rule" AND class_uid:2004`, `severity_id:1 AND risk_score:77`,
				`time:"2026-01-02T04:05:06Z"`, `observables.value:"192.0.2.7"`,
			},
			map[string]string{"time": "date", "severity_id": "long", "finding_info.uid": "keyword", "observables.value": "keyword"},
		},
	} {
		t.Run(format.name, func(t *testing.T) {
			d := programtest.DeployFile(t, server, "opensearch.yaml", append(openSearchSettings(url), "CHRONICLE_FORMAT="+format.name)...)
			process := d.Start()
			waiting.For(t, "all detections to be indexed", func() bool { return d.Stored().Equal(last) })
			process.Stop()
			require.Empty(t, refusedBy(t, d, false))

			index := url + "/chronicle-detections-" + format.name + "-*/"
			openSearchGet(t, index+"_refresh", new(any))
			var all struct{ Count int }
			openSearchGet(t, index+"_count", &all)
			require.Equal(t, len(batch), all.Count)
			for _, query := range format.queries {
				var found struct {
					Hits struct {
						Hits []struct {
							ID string `json:"_id"`
						}
					}
				}
				openSearchGet(t, index+"_search?q="+neturl.QueryEscape(query), &found)
				ids := make(map[string]bool)
				for _, hit := range found.Hits.Hits {
					ids[hit.ID] = true
				}
				require.True(t, ids["de_known"], "%s finds %v", query, ids)
			}
			for field, want := range format.types {
				var mappings map[string]struct {
					Mappings map[string]struct {
						Mapping map[string]struct{ Type string }
					}
				}
				openSearchGet(t, index+"_mapping/field/"+field, &mappings)
				require.NotEmpty(t, mappings)
				for name, of := range mappings {
					for _, mapping := range of.Mappings[field].Mapping {
						require.Equal(t, want, mapping.Type, "%s of %s", field, name)
					}
				}
			}
		})
	}
}
