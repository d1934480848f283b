package reference_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/io" // what the examples use
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

var writeReference = flag.Bool("reference", false, "write the reference page instead of comparing it")

const (
	referencePage     = "../../../docs/reference.md"
	referenceTemplate = "testdata/reference.md.tmpl"
)

// The reference page is what its template makes of the input's spec and of the
// table of metrics. `go generate ./...` writes it.
func TestReferencePage(t *testing.T) {
	view, found := service.GlobalEnvironment().GetInputConfig(settings.Name)
	require.True(t, found)
	spec, err := view.TemplateData()
	require.NoError(t, err)
	// Benthos' descriptions are AsciiDoc.
	spec.Description = strings.ReplaceAll(spec.Description, "\n== ", "\n## ")

	page, err := template.New("reference.md.tmpl").Funcs(template.FuncMap{
		"trim": strings.TrimSpace,

		"annotate": func(configuration string) (string, error) {
			return annotate(configuration, settings.Name, shortDescriptions(t, view))
		},
	}).ParseFiles(referenceTemplate)
	require.NoError(t, err)
	var made bytes.Buffer
	require.NoError(t, page.Execute(&made, map[string]any{
		"Spec":      spec,
		"Metrics":   input.Metrics(),
		"Regions":   chronicle.Regions,
		"Locations": chronicle.Locations,
	}))
	if *writeReference {
		require.NoError(t, os.WriteFile(referencePage, made.Bytes(), 0o600))
		return
	}
	written, err := os.ReadFile(referencePage)
	require.NoError(t, err)
	require.Equal(t, made.String(), string(written), "docs/reference.md is stale: run go generate ./plugin/...")
}

// Nothing of the input goes without a word about it.
func TestReferenceIsWhole(t *testing.T) {
	view, _ := service.GlobalEnvironment().GetInputConfig(settings.Name)
	spec, err := view.TemplateData()
	require.NoError(t, err)
	short := shortDescriptions(t, view)
	for _, f := range spec.Fields {
		require.NotContains(t, f.Description, "missing documentation", f.FullName)
		if !strings.HasPrefix(f.FullName, field.TLS+".") {
			require.NotEmpty(t, short[f.FullName], "%s has no short description", f.FullName)
		}
		if strings.HasPrefix(f.FullName, field.TLS) || f.Type == "bool" || f.Type == "object" || len(f.Options) > 0 {
			continue
		}
		require.NotEmpty(t, f.Examples, "%s has no example", f.FullName)
		for _, example := range f.ExamplesMarshalled {
			if strings.HasPrefix(f.FullName, field.Backoff) || strings.Contains(example, "${") || strings.Contains(example, "start_time: \"") {
				continue // Not a setting by itself, or one of its time.
			}
			if f.FullName == field.EndTime {
				example += "start_time: 48h\n" // A span has two ends.
			}
			if f.FullName == field.Instance || f.FullName == field.CompositeAlertHandling || strings.Contains(example, "//chronicle.") {
				example += "api: chronicle\n"
			}
			if strings.Contains(example, "api: chronicle") && f.FullName != field.Instance {
				example += "instance: projects/p/locations/eu/instances/i\n"
			}
			require.Empty(t, lint(t, strings.TrimSpace(example)), example)
		}
	}
	page, err := os.ReadFile(referencePage)
	require.NoError(t, err)
	for _, meta := range settings.Metadata {
		require.Contains(t, string(page), "`"+meta.Key+"`")
	}
	for _, reason := range stringConstants(t, "reason") {
		require.Contains(t, string(page), "| `"+reason+"` |")
	}
	for _, name := range stringConstants(t, "span") {
		require.Contains(t, string(page), "`"+name+"`")
	}
}

// The examples can be pasted as they are.
func TestReferenceExamples(t *testing.T) {
	t.Setenv("CHRONICLE_CREDENTIALS_FILE", "./chronicle-credentials.json")
	t.Setenv("WEBHOOK_URL", "https://hooks.example.com/x")
	t.Setenv("PROXY_CERTIFICATES_FILE", "./proxy.pem")
	linter := service.GlobalEnvironment().FullConfigSchema("", "").NewStreamConfigLinter()
	for _, example := range settings.Examples {
		lints, err := linter.LintYAML([]byte(example.Config))
		require.NoError(t, err, example.Title)
		require.Empty(t, lints, example.Title)
	}
}

// lint returns what the linter reports of the input's settings.
func lint(t *testing.T, yaml string) []service.Lint {
	t.Helper()
	config := settings.Name + ":\n  " + strings.ReplaceAll(yaml, "\n", "\n  ")
	lints, err := service.GlobalEnvironment().NewComponentConfigLinter().LintInputYAML([]byte(config))
	require.NoError(t, err, yaml)
	return lints
}
