package formats_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The index template for OpenSearch has a type for every field that documents may
// have. It is made from the table of ECS, with the types that both Elasticsearch and
// OpenSearch have.
func TestIndexTemplate(t *testing.T) {
	schema := readECS(t)
	properties := make(map[string]any)
	for name := range told(t, "testdata/ecs_fields.txt") {
		if name == own {
			// Kept, and not looked into: its fields are as many as there are
			// kinds of events, and of other types from rule to rule.
			place(properties, name, map[string]any{"type": "object", "enabled": false})
			continue
		}
		place(properties, name, mapping(t, name, schema[name].kind))
	}
	text, err := json.MarshalIndent(map[string]any{
		"index_patterns": []string{"chronicle-detections-ecs-*"},
		"priority":       200, // above the template of detections as received, whose pattern matches as well
		"template": map[string]any{"mappings": map[string]any{
			"_meta":          map[string]any{"description": "ECS 9.4.0, the fields that chronicle_ecs makes"},
			"date_detection": false,
			"dynamic":        false,
			"properties":     properties,
		}},
	}, "", "  ")
	require.NoError(t, err)
	generated(t, "../../../config/opensearch/ecs-index-template.json", string(text)+"\n")
}

// mapping is how a field is indexed. A term has at most 32,766 bytes, or the document
// is refused: 8,191 characters are never more.
func mapping(t *testing.T, name, kind string) map[string]any {
	t.Helper()
	switch kind {
	case "keyword", "constant_keyword":
		return map[string]any{"type": "keyword", "ignore_above": 1024}
	case "wildcard":
		return map[string]any{"type": "keyword", "ignore_above": 8191}
	case "match_only_text":
		return map[string]any{"type": "text"}
	case "date", "ip", "long", "float":
		return map[string]any{"type": kind}
	}
	require.Fail(t, "a field of another type", "%s is %s", name, kind)
	return nil
}

// place puts the mapping of a field where its name says.
func place(properties map[string]any, name string, v map[string]any) {
	parent, rest, nested := strings.Cut(name, ".")
	if !nested {
		properties[parent] = maps.Clone(v)
		return
	}
	if properties[parent] == nil {
		properties[parent] = map[string]any{"properties": make(map[string]any)}
	}
	place(properties[parent].(map[string]any)["properties"].(map[string]any), rest, v)
}
