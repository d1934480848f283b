package redeliver

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/trial"
)

// adapt returns a pipeline without its input, its variables replaced, for what comes
// by a way. It has no HTTP server, and no resources that nothing of it needs: what
// belongs to the input, such as the cache of its position, wants no settings. A dead
// letter wants those of its destination alone.
func (p *pipeline) adapt(w way, destinations []string, lookup func(string) (string, bool)) ([]byte, error) {
	_, missing, err := interpolation.Replace(p.text, lookup)
	if err != nil {
		return nil, err
	}
	// Whether a variable is needed shows when all is left out that is not.
	text, err := p.reduced(w, destinations, func(name string) (string, bool) {
		if slices.Contains(missing, name) {
			return mark(name), true
		}
		return lookup(name)
	})
	if err != nil {
		return nil, err
	}
	missing = slices.DeleteFunc(missing, func(name string) bool { return !bytes.Contains(text, []byte(mark(name))) })
	if len(missing) > 0 {
		return nil, &trial.MissingError{Names: missing}
	}
	return interpolation.Protect(text), nil
}

// mark stands for the value of a variable.
func mark(name string) string { return "zqVARIABLE" + name + "qz" }

// needed returns which variables have a part in what is left of a pipeline.
func (p *pipeline) needed(w way, destinations []string) func(name string) bool {
	text, err := p.reduced(w, destinations, func(name string) (string, bool) { return mark(name), true })
	return func(name string) bool { return err != nil || bytes.Contains(text, []byte(mark(name))) }
}

// reduced returns the pipeline without what is not needed.
func (p *pipeline) reduced(w way, destinations []string, lookup func(string) (string, bool)) ([]byte, error) {
	replaced, _, err := interpolation.Replace(p.text, lookup)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(replaced, &document); err != nil {
		return nil, fmt.Errorf("reading %s: %w", p.file, err)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("reading %s: it is no config", p.file)
	}
	top := document.Content[0]
	keepFields(top, func(name string) bool {
		return name == "pipeline" || name == "output" || strings.HasSuffix(name, "_resources") && name != "input_resources"
	})
	if w.made {
		keepFields(field(top, "pipeline"), func(name string) bool { return name != "processors" })
		eachField(top, "chronicle_format", func(fields *yaml.Node) { setField(fields, "format", raw) })
	}
	// What was let through once is not asked again.
	eachField(top, "chronicle_filter", func(fields *yaml.Node) { *fields = yaml.Node{Kind: yaml.MappingNode} })
	if w.pipeline == replay {
		keepCases(top, destinations)
	}
	dropUnused(top)
	dropComments(top)
	encoded, err := yaml.Marshal(top)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", p.file, err)
	}
	return encoded, nil
}

func field(node *yaml.Node, name string) *yaml.Node {
	for i := 0; node != nil && node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1]
		}
	}
	return nil
}

func keepFields(node *yaml.Node, keep func(name string) bool) {
	if node == nil || node.Kind != yaml.MappingNode {
		return
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		if keep(node.Content[i].Value) {
			kept = append(kept, node.Content[i], node.Content[i+1])
		}
	}
	node.Content = kept
}

func setField(node *yaml.Node, name, value string) {
	if node.Kind != yaml.MappingNode {
		return
	}
	if found := field(node, name); found != nil {
		*found = yaml.Node{Kind: yaml.ScalarNode, Value: value}
		return
	}
	node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, &yaml.Node{Kind: yaml.ScalarNode, Value: value})
}

// keepCases leaves out of replay.yaml's output the destinations that no letter is for.
func keepCases(top *yaml.Node, destinations []string) {
	cases := field(field(field(top, "output"), "switch"), "cases")
	if cases == nil {
		return
	}
	cases.Content = slices.DeleteFunc(cases.Content, func(one *yaml.Node) bool {
		check := field(one, "check")
		if check == nil {
			return false
		}
		destination, is := strings.CutPrefix(check.Value, `@destination == "`)
		return is && !slices.Contains(destinations, strings.TrimSuffix(destination, `"`))
	})
}

// dropUnused leaves out resources that nothing names, until all that are left are
// named.
func dropUnused(top *yaml.Node) {
	for dropped := true; dropped; {
		dropped = false
		for i := 1; i < len(top.Content); i += 2 {
			section := top.Content[i]
			if !strings.HasSuffix(top.Content[i-1].Value, "_resources") || section.Kind != yaml.SequenceNode {
				continue
			}
			before := len(section.Content)
			section.Content = slices.DeleteFunc(section.Content, func(resource *yaml.Node) bool {
				label := field(resource, "label")
				return label != nil && !names(top, label.Value, resource)
			})
			dropped = dropped || len(section.Content) < before
		}
	}
	for i := len(top.Content) - 2; i >= 0; i -= 2 {
		if section := top.Content[i+1]; section.Kind == yaml.SequenceNode && len(section.Content) == 0 {
			top.Content = slices.Delete(top.Content, i, i+2)
		}
	}
}

// names says whether a text stands anywhere in a node, but in another one that is in
// it.
func names(node *yaml.Node, text string, except *yaml.Node) bool {
	if node == except {
		return false
	}
	if node.Kind == yaml.ScalarNode {
		return node.Value == text
	}
	for _, child := range node.Content {
		if names(child, text, except) {
			return true
		}
	}
	return false
}

func dropComments(node *yaml.Node) {
	node.HeadComment, node.LineComment, node.FootComment = "", "", ""
	for _, child := range node.Content {
		dropComments(child)
	}
}
