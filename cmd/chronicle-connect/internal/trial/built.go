package trial

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Built are the components of a config. They are never started, and some wait for
// that before they close, so they are left to the end of the process.
type Built struct {
	Resources *service.Resources

	components components
}

// components are nodes of a config, by the section that they are in as resources.
type components map[string][]*yaml.Node

// touch has each component built: Benthos waits with that until it is asked for one.
func (c components) touch(ctx context.Context, resources *service.Resources) error {
	for _, section := range slices.Sorted(maps.Keys(c)) {
		for _, component := range c[section] {
			label := labelOf(component)
			if label == "" {
				continue // Benthos refuses it, or needs none
			}
			var err error
			switch section {
			case "cache_resources":
				err = resources.AccessCache(ctx, label, func(service.Cache) {})
			case "rate_limit_resources":
				err = resources.AccessRateLimit(ctx, label, func(service.RateLimit) {})
			case "input_resources":
				err = resources.AccessInput(ctx, label, func(*service.ResourceInput) {})
			case "output_resources":
				err = resources.AccessOutput(ctx, label, func(*service.ResourceOutput) {})
			case "processor_resources":
				err = resources.AccessProcessor(ctx, label, func(*service.ResourceProcessor) {})
			}
			if err != nil {
				return fmt.Errorf("%s: %w", label, clean(err))
			}
		}
	}
	return nil
}

// Kind returns what a component without a label is, by the path that Benthos has
// for it, and its text, which is the same for components that are. It returns "" for
// a path that leads nowhere.
func (b *Built) Kind(path []string) (kind, text string) {
	steps := strings.Split(strings.Join(path, "."), ".")
	for _, component := range b.components[steps[0]] {
		node := follow(component, steps[1:])
		if node == nil || node.Kind != yaml.MappingNode {
			continue
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if name := node.Content[i].Value; name != "label" && name != "processors" {
				encoded, err := yaml.Marshal(node)
				if err != nil {
					return name, ""
				}
				return name, string(encoded)
			}
		}
	}
	return "", ""
}

// follow returns the node at the end of a path, or nil.
func follow(node *yaml.Node, steps []string) *yaml.Node {
	for _, step := range steps {
		var next *yaml.Node
		switch node.Kind {
		case yaml.MappingNode:
			if next = fieldOf(node, step); next == nil {
				next = fieldOfAnElement(node, step)
			}
		case yaml.SequenceNode:
			if i, err := strconv.Atoi(step); err == nil && i < len(node.Content) {
				next = node.Content[i]
			}
		}
		for next != nil && next.Kind == yaml.AliasNode {
			next = next.Alias
		}
		if next == nil {
			return nil
		}
		node = next
	}
	return node
}

func fieldOf(node *yaml.Node, name string) *yaml.Node {
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1]
		}
	}
	return nil
}

// fieldOfAnElement finds a field in the elements of a list: Benthos' paths leave the
// list out where a component, such as sequence, has the first of its children alone.
func fieldOfAnElement(node *yaml.Node, name string) *yaml.Node {
	for i := 1; i < len(node.Content); i += 2 {
		if node.Content[i].Kind != yaml.SequenceNode {
			continue
		}
		for _, element := range node.Content[i].Content {
			if field := fieldOf(element, name); field != nil {
				return field
			}
		}
	}
	return nil
}
