package plugin

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"
)

var writeReference = flag.Bool("reference", false, "write the reference page instead of comparing it")

const (
	referencePage     = "../docs/reference.md"
	referenceTemplate = "testdata/reference.md.tmpl"
)

// The reference page is what its template makes of the input's spec and of the
// table of metrics. `go generate ./plugin` writes it.
func TestReferencePage(t *testing.T) {
	view, found := service.GlobalEnvironment().GetInputConfig(inputName)
	require.True(t, found)
	spec, err := view.TemplateData()
	require.NoError(t, err)
	// Benthos' descriptions are AsciiDoc.
	spec.Description = strings.ReplaceAll(spec.Description, "\n== ", "\n## ")

	page, err := template.New("reference.md.tmpl").Funcs(template.FuncMap{
		"trim": strings.TrimSpace,
		"labels": func(m metricField) string {
			if m.label == "" {
				return ""
			}
			return " `" + m.label + "`"
		},
		"kind": func(m metricField) string {
			if m.gauge != nil {
				return "gauge"
			}
			return "counter"
		},
		"name":  func(m metricField) string { return m.name },
		"tells": func(m metricField) string { return m.tells },
	}).ParseFiles(referenceTemplate)
	require.NoError(t, err)
	var made bytes.Buffer
	require.NoError(t, page.Execute(&made, map[string]any{
		"Spec":      spec,
		"Metrics":   (&metrics{}).fields(),
		"Regions":   backstoryRegions,
		"Locations": chronicleLocations,
	}))
	if *writeReference {
		require.NoError(t, os.WriteFile(referencePage, made.Bytes(), 0o600))
		return
	}
	written, err := os.ReadFile(referencePage)
	require.NoError(t, err)
	require.Equal(t, made.String(), string(written), "docs/reference.md is stale: run go generate ./plugin")
}

// Nothing of the input goes without a word about it.
func TestReferenceIsWhole(t *testing.T) {
	view, _ := service.GlobalEnvironment().GetInputConfig(inputName)
	spec, err := view.TemplateData()
	require.NoError(t, err)
	for _, field := range spec.Fields {
		require.NotContains(t, field.Description, "missing documentation", field.FullName)
		if strings.HasPrefix(field.FullName, fieldTLS) || field.Type == "bool" || field.Type == "object" || len(field.Options) > 0 {
			continue
		}
		require.NotEmpty(t, field.Examples, "%s has no example", field.FullName)
		for _, example := range field.ExamplesMarshalled {
			if strings.HasPrefix(field.FullName, fieldBackoff) || strings.Contains(example, "${") || strings.Contains(example, "start_time: \"") {
				continue // Not a setting by itself, or one of its time.
			}
			if field.FullName == fieldInstance || field.FullName == fieldCompositeAlertHandling || strings.Contains(example, "//chronicle.") {
				example += "api: chronicle\n"
			}
			if strings.Contains(example, "api: chronicle") && field.FullName != fieldInstance {
				example += "instance: projects/p/locations/eu/instances/i\n"
			}
			require.Empty(t, lintSettings(t, strings.TrimSpace(example)), example)
		}
	}
	page, err := os.ReadFile(referencePage)
	require.NoError(t, err)
	for _, meta := range metadata {
		require.Contains(t, string(page), "`"+meta.key+"`")
	}
	for _, reason := range stringConstants(t, "reason") {
		require.Contains(t, string(page), "| `"+reason+"` |")
	}
	for _, name := range []string{
		spanConnect, spanStore, spanHost, spanStatus, spanReason, spanAPI, spanAttempt, spanPosition, spanPageToken, spanCache, spanCacheKey,
	} {
		require.Contains(t, string(page), "`"+name+"`")
	}
}

// The README shows every field with its default.
func TestReadmeShowsTheDefaults(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, block, found := strings.Cut(string(readme), "  "+inputName+":\n")
	require.True(t, found)
	block, _, _ = strings.Cut(block, "```")
	shown := make(map[string]string)
	for _, line := range regexp.MustCompile(`(?m)^ +([a-z_]+): +(\S+)`).FindAllStringSubmatch(block, -1) {
		shown[line[1]] = strings.Trim(line[2], `"`)
	}
	view, _ := service.GlobalEnvironment().GetInputConfig(inputName)
	spec, err := view.TemplateData()
	require.NoError(t, err)
	for _, field := range spec.Fields {
		if strings.HasPrefix(field.FullName, fieldTLS) || field.FullName == fieldBackoff {
			continue
		}
		name := strings.TrimPrefix(field.FullName, fieldBackoff+".")
		require.Contains(t, shown, name)
		require.Equal(t, strings.Trim(field.DefaultMarshalled, `"`), shown[name], name)
	}
}

func TestMetricsAreAllDescribed(t *testing.T) {
	all := &metrics{}
	described := all.fields()
	names := make(map[string]bool)
	for _, field := range described {
		require.True(t, strings.HasPrefix(field.name, "chronicle_"), field.name)
		require.NotEmpty(t, field.tells, field.name)
		require.False(t, names[field.name], "%s is there twice", field.name)
		names[field.name] = true
	}
	held := reflect.ValueOf(newMetrics(service.MockResources().Metrics())).Elem()
	require.Len(t, described, held.NumField())
	for i := range held.NumField() {
		require.False(t, held.Field(i).IsNil(), "%s has no row", held.Type().Field(i).Name)
	}
}

// The examples can be pasted as they are.
func TestReferenceExamples(t *testing.T) {
	t.Setenv("CHRONICLE_CREDENTIALS_FILE", "./chronicle-credentials.json")
	t.Setenv("WEBHOOK_URL", "https://hooks.example.com/x")
	t.Setenv("PROXY_CERTIFICATES_FILE", "./proxy.pem")
	linter := service.GlobalEnvironment().FullConfigSchema("", "").NewStreamConfigLinter()
	for _, example := range examples {
		lints, err := linter.LintYAML([]byte(example.config))
		require.NoError(t, err, example.title)
		require.Empty(t, lints, example.title)
	}
}
