package streamfiles

import (
	"regexp"

	"gopkg.in/yaml.v3"
)

// A section is a part of a file that has a name: a key at the top, or a resource. It
// has the lines from one to before another, counted from 0.
type section struct {
	name     string
	from, to int
	value    *yaml.Node
}

// sections returns those of a file of so many lines, and none where it is no mapping:
// Benthos says what is wrong with it.
func sections(text []byte, lines int) (all []section) {
	var document yaml.Node
	if yaml.Unmarshal(masked(text), &document) != nil || len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	nodes := document.Content[0].Content
	for i := 0; i < len(nodes); i += 2 {
		s := section{nodes[i].Value, nodes[i].Line - 1, lines, nodes[i+1]}
		if i+2 < len(nodes) {
			s.to = nodes[i+2].Line - 1
		}
		all = append(all, s)
	}
	return all
}

// items returns the resources of a section, by their labels.
func (s section) items() (all []section) {
	for i, item := range s.value.Content {
		var named struct{ Label string }
		_ = item.Decode(&named) // one without a label is for Benthos to refuse
		resource := section{named.Label, item.Line - 1, s.to, item}
		if i+1 < len(s.value.Content) {
			resource.to = s.value.Content[i+1].Line - 1
		}
		all = append(all, resource)
	}
	return all
}

var (
	variable = regexp.MustCompile(`\$\{[A-Za-z0-9_]+(:[^}\n]*)?\}`)
	syntax   = regexp.MustCompile(`[^A-Za-z0-9_]`)
)

// masked is a text in which variables are words: Benthos replaces them before it reads
// the YAML, which a text with them need not be.
func masked(text []byte) []byte {
	return variable.ReplaceAllFunc(text, func(found []byte) []byte { return syntax.ReplaceAll(found, []byte("_")) })
}
