package formats_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
)

var write = flag.Bool("write", false, "write what is generated instead of comparing it")

// generated holds a generated file against what it should be, or writes it.
func generated(t *testing.T, path, text string) {
	t.Helper()
	if *write {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return
	}
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, text, string(written), "%s is stale: run go generate ./plugin/...", path)
}

// The page is what its template makes of the templates' own descriptions, of the
// tables of fields and of the golden files.
func TestPage(t *testing.T) {
	page, err := template.New("formats.md.tmpl").Funcs(template.FuncMap{
		"trim": strings.TrimSpace,
		"spec": func(name string) (any, error) {
			view, _ := service.GlobalEnvironment().GetProcessorConfig(name)
			return view.TemplateData()
		},
		"methods": methodsOfTheTemplates,
		"rows":    func(name string) []row { return rows(t, "testdata/"+name+"_fields.txt") },
		"example": func(kind, format string) (string, error) {
			text, err := os.ReadFile("testdata/" + kind + "." + format + ".json")
			return string(text), err
		},
		"summary": func(kind string) (string, error) {
			text, err := os.ReadFile("../detection/testdata/summaries/" + kind + ".json")
			return string(text), err
		},
	}).ParseFiles("testdata/formats.md.tmpl")
	require.NoError(t, err)
	var made bytes.Buffer
	require.NoError(t, page.Execute(&made, map[string]any{
		"Kinds": []string{"rule_detection", "gcti_finding", "telemetry_alert", "machine_intelligence_alert", "soar_alert"},
	}))
	generated(t, "../../../docs/formats.md", made.String())
}

// methodsOfTheTemplates are those that the plugin brings for them.
func methodsOfTheTemplates() (all []bloblang.TemplateMethodData) {
	bloblang.GlobalEnvironment().WalkMethods(func(_ string, view *bloblang.MethodView) {
		of := view.TemplateData()
		for _, category := range of.Categories {
			if category.Category == "Detections" {
				all = append(all, of)
			}
		}
	})
	slices.SortFunc(all, func(a, b bloblang.TemplateMethodData) int { return strings.Compare(a.Name, b.Name) })
	return all
}
