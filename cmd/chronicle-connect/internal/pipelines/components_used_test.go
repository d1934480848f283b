//go:build !minimal

package pipelines

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
	"gopkg.in/yaml.v3"
)

// component is a component by its kind as Benthos names the types of fields (input,
// processor, rate_limit, tracer, …), and its name.
type component struct{ Kind, Name string }

// componentUse is a component in a YAML file.
type componentUse struct {
	file string
	component
}

// pipelineKeys are the keys that make a YAML mapping a Benthos configuration,
// of a pipeline or of resources.
var pipelineKeys = []string{
	"input", "buffer", "pipeline", "output", "metrics", "tracer",
	"input_resources", "processor_resources", "output_resources", "cache_resources", "rate_limit_resources",
}

// componentsUsed finds the components of all Benthos configurations in the YAML
// files of a tree, also of those that are inside another document, such as a
// ConfigMap.
func componentsUsed(tree fs.FS) (uses []componentUse, err error) {
	err = fs.WalkDir(tree, ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || !slices.Contains([]string{".yaml", ".yml"}, path.Ext(file)):
			return nil
		}
		content, err := fs.ReadFile(tree, file)
		if err != nil {
			return err
		}
		components, err := componentsIn(content)
		if err != nil {
			return fmt.Errorf("looking for components in %s: %w", file, err)
		}
		for _, component := range components {
			uses = append(uses, componentUse{file, component})
		}
		return nil
	})
	return uses, err
}

// componentsIn finds the components in YAML documents.
func componentsIn(content []byte) ([]component, error) {
	var components []component
	for documents := yaml.NewDecoder(bytes.NewReader(content)); ; {
		var document yaml.Node
		if err := documents.Decode(&document); errors.Is(err, io.EOF) {
			return components, nil
		} else if err != nil {
			return nil, err
		}
		found, err := componentsUnder(&document)
		if err != nil {
			return nil, err
		}
		components = append(components, found...)
	}
}

func componentsUnder(node *yaml.Node) ([]component, error) {
	switch {
	case node.Kind == yaml.MappingNode && isPipeline(node):
		return componentsOfPipeline(node)
	case node.Kind == yaml.ScalarNode && strings.Contains(node.Value, "\n"):
		components, err := componentsIn([]byte(node.Value))
		if err != nil {
			// Text of several lines that isn't YAML has no components.
			return nil, nil //nolint:nilerr // See above.
		}
		return components, nil
	}
	var components []component
	for _, child := range node.Content {
		found, err := componentsUnder(child)
		if err != nil {
			return nil, err
		}
		components = append(components, found...)
	}
	return components, nil
}

func isPipeline(mapping *yaml.Node) bool {
	for i := 0; i < len(mapping.Content); i += 2 {
		if slices.Contains(pipelineKeys, mapping.Content[i].Value) {
			return true
		}
	}
	return false
}

// componentsOfPipeline walks a configuration as Benthos does.
func componentsOfPipeline(mapping *yaml.Node) ([]component, error) {
	content, err := yaml.Marshal(mapping)
	if err != nil {
		return nil, err
	}
	var components []component
	walker := service.GlobalEnvironment().FullConfigSchema("", "").NewStreamConfigWalker()
	err = walker.WalkComponentsYAML(content, func(walked *service.WalkedComponent) error {
		components = append(components, component{Kind: walked.ComponentType, Name: walked.Name})
		return nil
	})
	return components, err
}
