package rpcplugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// typeUnknown is the type of a field that a host passes on as it is.
const typeUnknown = "unknown"

const manifestHead = `# The input chronicle_detection_alerts for a stock Redpanda Connect:
#
#   redpanda-connect run --rpc-plugins=chronicle-connect-plugin.yaml CONFIG
#
# Written by chronicle-connect rpc-plugin --manifest. The program is looked for in
# PATH; a path with a slash in it begins at this file's directory, and so do those
# in the input's configuration.
#
# Each input of a config needs a manifest of its own: a copy of this file with
# another name in it.
`

// A manifest is what a host knows of a plugin.
type manifest struct {
	Name        string          `yaml:"name"`
	Summary     string          `yaml:"summary"`
	Description string          `yaml:"description"`
	Type        string          `yaml:"type"`
	Command     []string        `yaml:"command,flow"`
	Fields      []manifestField `yaml:"fields"`
}

type manifestField struct {
	Name        string `yaml:"name"`
	Type        string `yaml:"type"` // string, int, float, bool, or unknown for what passes as it is
	Default     any    `yaml:"default"`
	Advanced    bool   `yaml:"advanced,omitempty"`
	Description string `yaml:"description"`
}

// A specField is a field as Benthos describes it.
type specField struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Kind        string      `json:"kind"`
	Description string      `json:"description"`
	Default     any         `json:"default"`
	IsAdvanced  bool        `json:"is_advanced"`
	Children    []specField `json:"children"`
}

func printManifest(out io.Writer) error {
	m, err := newManifest()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, manifestHead); err != nil {
		return fmt.Errorf("printing the manifest: %w", err)
	}
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	if err := encoder.Encode(m); err != nil {
		return fmt.Errorf("printing the manifest: %w", err)
	}
	return encoder.Close()
}

// newManifest makes the manifest of the input's own description, with what is
// different in a plugin.
func newManifest() (*manifest, error) {
	view, found := service.GlobalEnvironment().GetInputConfig(inputName)
	if !found {
		return nil, fmt.Errorf("the input %s is not linked", inputName)
	}
	encoded, err := view.FormatJSON()
	if err != nil {
		return nil, fmt.Errorf("describing the input %s: %w", inputName, err)
	}
	var spec struct {
		Summary     string    `json:"summary"`
		Description string    `json:"description"`
		Config      specField `json:"config"`
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber() // YAML would write a large number as 1.6e+07
	if err := decoder.Decode(&spec); err != nil {
		return nil, fmt.Errorf("describing the input %s: %w", inputName, err)
	}
	m := &manifest{
		Name:        inputName,
		Summary:     spec.Summary,
		Description: spec.Description,
		Type:        "input",
		Command:     []string{"chronicle-connect", "rpc-plugin"},
	}
	for _, f := range spec.Config.Children {
		field, err := f.forManifest()
		if err != nil {
			return nil, err
		}
		m.Fields = append(m.Fields, field)
	}
	m.Fields = append(m.Fields,
		manifestField{
			Name: fieldOversizedPath, Type: "string", Default: "", Advanced: true,
			Description: "The file for detections that no answer to the host can hold, which ends at 4 MiB: one line each, as the output chronicle_refused writes them. Each is logged as an error and counts as delivered. Empty means a file in the directory of a `file` cache, else in that of the manifest, named by `checkpoint_cache_key` with _oversized.jsonl behind it.",
		},
		manifestField{
			Name: fieldMetricsAddress, Type: "string", Default: "", Advanced: true,
			Description: "Where the plugin serves its own metrics under /metrics: a loopback address such as 127.0.0.1:4196. Empty means nowhere. The host's metrics have none of the input's.",
		},
	)
	return m, nil
}

// objectFields are the fields of the input that a host passes on unseen, so that it
// does not refuse what is no object either.
func objectFields() (map[string]bool, error) {
	m, err := newManifest()
	if err != nil {
		return nil, err
	}
	objects := make(map[string]bool)
	for _, field := range m.Fields {
		objects[field.Name] = field.Type == typeUnknown
	}
	return objects, nil
}

func (f specField) forManifest() (manifestField, error) {
	field := manifestField{Name: f.Name, Type: f.Type, Default: f.Default, Advanced: f.IsAdvanced, Description: f.Description}
	if f.Name == fieldCache {
		field.Type, field.Default = typeUnknown, map[string]any{}
		field.Description = "The cache that stores the position: its configuration, such as `file: {directory: ./state}` or `redis: {url: redis://127.0.0.1:6379}`, since a plugin cannot reach the host's cache_resources. A label is refused. Empty means that the position is kept in memory only: what comes while the process is down is missed, unless `start_time` reaches back to it. The cache has to outlive the process, and must not forget: one with a time to live, or the `memory` cache, is as good as none."
		return field, nil
	}
	switch {
	case f.Type == "object" || len(f.Children) > 0:
		// It passes as it is. The input has defaults for what is left out.
		field.Type, field.Default = typeUnknown, map[string]any{}
	case f.Kind != "scalar":
		return field, fmt.Errorf("the field %s is of the kind %s: say how it passes", f.Name, f.Kind)
	case f.Type != "string" && f.Type != "int" && f.Type != "float" && f.Type != "bool":
		return field, fmt.Errorf("the field %s is of the type %s: say how it passes", f.Name, f.Type)
	case f.Default == nil:
		return field, fmt.Errorf("the field %s has no default: without one a host requires it", f.Name)
	}
	if number, ok := f.Default.(json.Number); ok {
		field.Default = &yaml.Node{Kind: yaml.ScalarNode, Value: number.String()}
	}
	return field, nil
}
