package reference_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// shortDescriptions are those of a component's fields, by their full names. Benthos has
// them in the JSON of a spec alone.
func shortDescriptions(t *testing.T, component *service.ConfigView) map[string]string {
	t.Helper()
	type fieldSpec struct {
		Name             string      `json:"name"`
		ShortDescription string      `json:"short_description"`
		Children         []fieldSpec `json:"children"`
	}
	text, err := component.FormatJSON()
	require.NoError(t, err)
	var spec struct {
		Config fieldSpec `json:"config"`
	}
	require.NoError(t, json.Unmarshal(text, &spec))

	short := make(map[string]string)
	var collect func(prefix string, fields []fieldSpec)
	collect = func(prefix string, fields []fieldSpec) {
		for _, f := range fields {
			if f.ShortDescription != "" {
				short[prefix+f.Name] = f.ShortDescription
			}
			collect(prefix+f.Name+".", f.Children)
		}
	}
	collect("", spec.Config.Children)
	return short
}

var settingLine = regexp.MustCompile(`^( +)([a-z_]+):`)

// annotate puts what a field is for behind the line of a configuration that sets it.
func annotate(configuration, component string, short map[string]string) (string, error) {
	const behind = 40 // columns
	var annotated strings.Builder
	var path []string // names, the outermost first, of what a line is in
	told := 0
	for line := range strings.Lines(configuration) {
		line = strings.TrimSuffix(line, "\n")
		if match := settingLine.FindStringSubmatch(line); match != nil {
			path = append(path[:len(match[1])/2-1], match[2])
			name := strings.TrimPrefix(strings.Join(path, "."), component+".")
			if description := short[name]; description != "" {
				line = fmt.Sprintf("%-*s # %s", behind, line, strings.TrimSuffix(description, "."))
				told++
			}
		}
		annotated.WriteString(line + "\n")
	}
	if told != len(short) {
		return "", fmt.Errorf("%d fields have a short description, and only %d of them are in the configuration", len(short), told)
	}
	return annotated.String(), nil
}
