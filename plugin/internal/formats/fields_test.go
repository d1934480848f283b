package formats_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A row says where fields come from.
type row struct {
	Fields []string
	From   string
}

// rows reads what people are told of a format's fields.
func rows(tb testing.TB, path string) (all []row) {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields, from, found := strings.Cut(strings.TrimSpace(line), " | ")
		require.True(tb, found, line)
		all = append(all, row{strings.Split(fields, ", "), from})
	}
	return all
}

// told are the fields of all rows.
func told(tb testing.TB, path string) map[string]bool {
	tb.Helper()
	all := make(map[string]bool)
	for _, r := range rows(tb, path) {
		for _, field := range r.Fields {
			require.False(tb, all[field], "%s is told twice", field)
			all[field] = true
		}
	}
	return all
}

// Every attribute that a finding was seen to have is told of, and what is told of is
// in the schema.
func TestEveryAttributeIsTold(t *testing.T) {
	schema, rows := readOCSF(t), told(t, "testdata/ocsf_fields.txt")
	for field := range rows {
		object, name, _ := strings.Cut(field, ".")
		require.Contains(t, schema[object], name, field)
	}
	var walk func(object string, v any)
	walk = func(object string, v any) {
		switch of := v.(type) {
		case []any:
			for _, item := range of {
				walk(object, item)
			}
		case map[string]any:
			for name, value := range of {
				require.True(t, rows[object+"."+name], "nothing tells of %s.%s", object, name)
				if name != "unmapped" {
					walk(schema[object][name].kind, value)
				}
			}
		}
	}
	for _, finding := range seen(t, ocsf) {
		walk("class", finding)
	}
}

// The same of the fields of documents.
func TestEveryFieldIsTold(t *testing.T) {
	schema, rows := readECS(t), told(t, "testdata/ecs_fields.txt")
	for field := range rows {
		if field != own {
			require.Contains(t, schema, field)
		}
	}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		if of, isObject := v.(map[string]any); isObject && name != own {
			for key, value := range of {
				walk(strings.TrimPrefix(name+"."+key, "."), value)
			}
			return
		}
		require.True(t, rows[name], "nothing tells of %s", name)
	}
	for _, document := range seen(t, ecs) {
		walk("", document)
	}
}

// seen are documents of detections of many kinds.
func seen(t *testing.T, name string) (documents []map[string]any) {
	t.Helper()
	processor := newProcessor(t, name+": {}")
	for _, detection := range kinds(t) {
		text := process(t, processor, detection)
		documents = append(documents, document(t, text))
	}
	for _, body := range odd {
		text := process(t, processor, []byte(body))
		documents = append(documents, document(t, text))
	}
	for _, detection := range chronicletest.NewGenerator(3).Detections(200, 8000) {
		text := process(t, processor, detection)
		documents = append(documents, document(t, text))
	}
	return documents
}
