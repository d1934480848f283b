package editorschema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// node is a JSON Schema, draft-07. Keys are written sorted.
type node map[string]any

// variable is what a value has to have where a text stands for something else: the
// program puts the variable's value there before it reads the YAML.
const variable = `\$\{`

// Make makes the schema of full, which is what Benthos' ConfigSchema.MarshalJSONV0
// writes. The same components give the same bytes.
func Make(full []byte) ([]byte, error) {
	parsed, err := parse(full)
	if err != nil {
		return nil, err
	}
	definitions := node{}
	for kind, components := range parsed.kinds() {
		if len(components) == 0 {
			return nil, fmt.Errorf("no component of the kind %s in what Benthos says of itself", kind)
		}
		definitions[kind] = ofKind(kind, components)
	}
	root := object(parsed.Config)
	// A file may have a part of a configuration, such as resources or tests.
	delete(root, "required")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Configuration of chronicle-connect"
	root["definitions"] = definitions

	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return written.Bytes(), nil
}

// ofKind is what stands where a component is wanted: its name with its settings, and
// what all components of its kind take beside.
func ofKind(kind string, components []component) node {
	properties, names := node{}, make([]string, 0, len(components))
	for _, c := range components {
		names = append(names, c.Name)
		settings := ofField(c.Config)
		if text := firstOf(c.Summary, c.Description); text != "" {
			settings["description"] = text
		}
		if c.Status == "deprecated" {
			deprecate(settings)
		}
		properties[c.Name] = settings
	}
	slices.Sort(names)
	// The long form, which Benthos still reads. Nobody should begin with it.
	properties["type"] = node{"enum": names, "doNotSuggest": true}
	properties["plugin"] = node{"doNotSuggest": true}
	properties["meta"] = node{"type": "object", "doNotSuggest": true}
	switch kind {
	case "input", "output":
		properties["processors"] = node{
			"type": "array", "items": reference("processor"),
			"description": "Processors for the messages of this " + kind + " alone.",
		}
	case "metrics":
		properties["mapping"] = node{"type": "string", "description": "A Bloblang mapping that renames or drops metrics."}
	}
	switch kind {
	case "input", "output", "processor", "cache", "rate_limit":
		properties["label"] = node{
			"type": "string", "description": "A name for it in metrics and the log; of a resource, the name by which it is used.",
		}
	}
	return node{"type": "object", "properties": properties, "additionalProperties": false}
}

func object(fields []field) node {
	properties, required := node{}, []string(nil)
	for _, f := range fields {
		properties[f.Name] = ofField(f)
		if f.required() {
			required = append(required, f.Name)
		}
	}
	made := node{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		slices.Sort(required)
		made["required"] = required
	}
	return made
}

func ofField(f field) node {
	made := ofKindOfField(f)
	if text := firstOf(f.ShortDescription, f.Description); text != "" {
		made["description"] = text
	}
	if len(f.Default) > 0 && (f.Type != "object" || f.Kind == "array") {
		made["default"] = f.Default
	}
	if f.Deprecated {
		deprecate(made)
	}
	return made
}

func ofKindOfField(f field) node {
	switch f.Kind {
	case "2darray":
		return node{"type": "array", "items": node{"type": "array", "items": ofValue(f)}}
	case "array":
		return node{"type": "array", "items": ofValue(f)}
	case "map":
		return node{"type": "object", "additionalProperties": ofValue(f)}
	}
	return ofValue(f)
}

// ofValue is a single value of a field.
func ofValue(f field) node {
	switch f.Type {
	case "string":
		return ofString(f)
	case "int":
		return node{"type": []string{"integer", "string"}, "pattern": `^-?[0-9]+$|` + variable}
	case "float":
		return node{"type": []string{"number", "string"}, "pattern": `^-?[0-9.eE+-]+$|` + variable}
	case "bool":
		return node{"type": []string{"boolean", "string"}, "pattern": `^(true|false)$|` + variable}
	case "object", "": // the latter is a component without fields
		return object(f.Children)
	case "unknown":
		return node{}
	}
	return reference(f.Type)
}

// ofString takes numbers and booleans too, as Benthos does: 5 needs no quotes.
func ofString(f field) node {
	options, descriptions := slices.Clone(f.Options), []string(nil)
	for _, option := range f.AnnotatedOptions {
		options = append(options, option[0])
		descriptions = append(descriptions, firstOf(option[1]))
	}
	if len(options) == 0 {
		return node{"type": []string{"string", "number", "boolean"}}
	}
	choice := node{"enum": options}
	if len(descriptions) == len(options) {
		choice["enumDescriptions"] = descriptions
	}
	return node{"anyOf": []node{choice, {"type": "string", "pattern": variable}}}
}

func reference(kind string) node { return node{"$ref": "#/definitions/" + kind} }

// deprecate uses the words that editors know beside the standard's.
func deprecate(of node) {
	of["doNotSuggest"] = true
	of["deprecationMessage"] = "Deprecated."
}
