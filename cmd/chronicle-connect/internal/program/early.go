package program

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
)

const inputName = "chronicle_detection_alerts"

// earlyBuffers are the buffers that void the promise that nothing is lost, and how.
var earlyBuffers = map[string]string{
	"memory":        "acknowledges detections before the output has taken them, and a crash loses what it holds",
	"system_window": "acknowledges and drops detections that are too late for their window",
}

// earlyAcks returns warnings of what acknowledges detections before an output has
// taken them: the position is stored behind what may be lost then. The input may be in
// the config or in the resources beside it.
func earlyAcks(config []byte, resources [][]byte, lookup func(string) (string, bool)) (warnings []string) {
	root := parse(config, lookup)
	inputs := []*yaml.Node{child(root, "input"), child(root, "input_resources")}
	for _, text := range resources {
		inputs = append(inputs, child(parse(text, lookup), "input_resources"))
	}
	reads := false
	for _, input := range inputs {
		walkMappings(input, func(name string, value *yaml.Node) {
			reads = reads || name == inputName
			if join := child(value, "sharded_join", "type"); name == "sequence" && join != nil && join.Value != "none" && mentions(value) {
				warnings = append(warnings, fmt.Sprintf("sequence.sharded_join: acknowledges the detections of %s before the output has taken them, and a crash loses what it holds; want type: none", inputName))
			}
		})
	}
	for name, how := range earlyBuffers {
		if reads && child(root, "buffer", name) != nil {
			warnings = append(warnings, fmt.Sprintf("buffer.%s: %s, although %s has stored its position behind them; want no buffer, since the input waits for the output by itself", name, how, inputName))
		}
	}
	return warnings
}

// parse returns the mapping of a config, nil where Benthos will refuse it.
func parse(text []byte, lookup func(string) (string, bool)) *yaml.Node {
	replaced, _, err := interpolation.Replace(text, lookup)
	var document yaml.Node
	if err != nil || yaml.Unmarshal(replaced, &document) != nil || len(document.Content) == 0 {
		return nil
	}
	return document.Content[0]
}

// child returns the value at a path of names, nil where there is none.
func child(node *yaml.Node, path ...string) *yaml.Node {
	for _, name := range path {
		parent := resolve(node)
		node = nil
		if parent == nil || parent.Kind != yaml.MappingNode {
			return nil
		}
		for i := 0; i+1 < len(parent.Content); i += 2 {
			if parent.Content[i].Value == name {
				node = parent.Content[i+1]
			}
		}
	}
	return resolve(node)
}

// resolve returns the node that an alias stands for.
func resolve(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// walkMappings calls visit for each name in a node and all below, with its value.
func walkMappings(node *yaml.Node, visit func(name string, value *yaml.Node)) {
	node = resolve(node)
	if node == nil {
		return
	}
	if node.Kind != yaml.MappingNode {
		for _, element := range node.Content {
			walkMappings(element, visit)
		}
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		visit(node.Content[i].Value, resolve(node.Content[i+1]))
		walkMappings(node.Content[i+1], visit)
	}
}

// mentions reports whether the input is in a node.
func mentions(node *yaml.Node) (found bool) {
	walkMappings(node, func(name string, _ *yaml.Node) { found = found || name == inputName })
	return found
}
