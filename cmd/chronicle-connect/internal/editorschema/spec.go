package editorschema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// spec is what the schema needs of Benthos' description of itself.
type spec struct {
	Config     []field     `json:"config"`
	Buffers    []component `json:"buffers"`
	Caches     []component `json:"caches"`
	Inputs     []component `json:"inputs"`
	Outputs    []component `json:"outputs"`
	Processors []component `json:"processors"`
	RateLimits []component `json:"rate-limits"`
	Metrics    []component `json:"metrics"`
	Tracers    []component `json:"tracers"`
	Scanners   []component `json:"scanners"`
}

// component is an input, an output, a cache and so on.
type component struct {
	Name        string `json:"name"`
	Status      string `json:"status"`
	Summary     string `json:"summary"`
	Description string `json:"description"`
	Config      field  `json:"config"`
}

// field is a field of a component or of the configuration itself.
type field struct {
	Name             string          `json:"name"`
	Type             string          `json:"type"`
	Kind             string          `json:"kind"`
	Description      string          `json:"description"`
	ShortDescription string          `json:"short_description"`
	Deprecated       bool            `json:"is_deprecated"`
	Optional         bool            `json:"is_optional"`
	Default          json.RawMessage `json:"default"`
	Options          []string        `json:"options"`
	AnnotatedOptions [][2]string     `json:"annotated_options"`
	Children         []field         `json:"children"`
}

func parse(full []byte) (spec, error) {
	var parsed spec
	if err := json.NewDecoder(bytes.NewReader(full)).Decode(&parsed); err != nil {
		return spec{}, fmt.Errorf("reading Benthos' description of itself: %w", err)
	}
	parsed.Inputs = slices.DeleteFunc(parsed.Inputs, func(input component) bool { return slices.Contains(notReleased, input.Name) })
	return parsed, nil
}

// notReleased are the inputs that a plain build of this repository links, and a release
// does not, for the licence of their files. The schema is that of releases.
var notReleased = []string{"aws_dynamodb_cdc", "mysql_cdc", "pg_stream", "postgres_cdc"}

// kinds are the components by the type that a field has that takes one.
func (s spec) kinds() map[string][]component {
	return map[string][]component{
		"buffer": s.Buffers, "cache": s.Caches, "input": s.Inputs, "output": s.Outputs, "processor": s.Processors,
		"rate_limit": s.RateLimits, "metrics": s.Metrics, "tracer": s.Tracers, "scanner": s.Scanners,
	}
}

// required says whether a configuration without the field is refused.
func (f field) required() bool {
	if f.Optional || f.Deprecated || len(f.Default) > 0 {
		return false
	}
	if len(f.Children) == 0 {
		return true
	}
	for _, child := range f.Children {
		if child.required() {
			return true
		}
	}
	return false
}
