package formats_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An ecsField is what the table of ECS says of one.
type ecsField struct {
	kind  string
	array bool
}

// An ecsSchema has the fields by name.
type ecsSchema map[string]ecsField

func readECS(tb testing.TB) ecsSchema {
	tb.Helper()
	text, err := os.ReadFile("testdata/schemas/ecs.csv")
	require.NoError(tb, err)
	schema := make(ecsSchema)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSpace(line), ",")
		require.Len(tb, f, 3, line)
		schema[f[0]] = ecsField{kind: f[1], array: f[2] == "array"}
	}
	return schema
}

// allowed are the values of fields that take only some.
var allowed = map[string][]string{
	"ecs.version": {"9.4.0"},
	"event.kind":  {"alert"},
	"event.category": {
		"api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam", "intrusion_detection",
		"library", "malware", "network", "package", "process", "registry", "session", "threat", "vulnerability", "web",
	},
	"event.type": {"info"}, // which each of those categories takes that a detection gets
}

// own is what the document has beside ECS: its place for the detection.
const own = "google_secops.detection"

// check returns what is wrong with a document.
func (s ecsSchema) check(document map[string]any) (wrong []string) {
	for _, name := range []string{"@timestamp", "ecs.version", "event.kind", "event.category", "event.type", "event.id", "message"} {
		if at(document, name) == nil {
			wrong = append(wrong, name+" is missing")
		}
	}
	return append(wrong, s.object("", document)...)
}

func (s ecsSchema) object(prefix string, members map[string]any) (wrong []string) {
	for key, v := range members {
		name := prefix + key
		if name == own {
			continue
		}
		field, found := s[name]
		if object, isObject := v.(map[string]any); isObject && (!found || field.kind == "object") {
			wrong = append(wrong, s.object(name+".", object)...)
			continue
		}
		if !found {
			wrong = append(wrong, name+" is no field")
			continue
		}
		list, isList := v.([]any)
		if isList && len(list) == 0 {
			wrong = append(wrong, name+" is an empty list")
		}
		if isList != field.array {
			wrong = append(wrong, name+" is a list, or should be one")
			continue
		}
		if !isList {
			list = []any{v}
		}
		for _, item := range list {
			if problem := field.value(name, item); problem != "" {
				wrong = append(wrong, problem)
			}
		}
	}
	return wrong
}

func (f ecsField) value(name string, v any) string {
	text, ok := v.(string)
	number, isNumber := v.(json.Number)
	switch f.kind {
	case "keyword", "constant_keyword", "wildcard", "match_only_text":
		ok = ok && text != "" // one of nothing is left out
	case "date":
		_, err := time.Parse(time.RFC3339Nano, text)
		ok = ok && err == nil
	case "ip":
		address, err := netip.ParseAddr(text)
		ok = ok && err == nil && address.Zone() == ""
	case "long":
		_, err := number.Int64()
		ok = isNumber && err == nil
	case "float":
		_, err := number.Float64()
		ok = isNumber && err == nil
	default:
		ok = false // No other kind is used, so none is checked.
	}
	if !ok {
		return fmt.Sprintf("%s is no %s: %v", name, f.kind, v)
	}
	if values, limited := allowed[name]; limited && !slices.Contains(values, text) {
		return fmt.Sprintf("%s is none of its values: %v", name, v)
	}
	return ""
}
