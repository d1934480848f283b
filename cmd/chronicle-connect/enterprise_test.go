//go:build !minimal

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/linked"
)

// enterpriseComponents returns the components of this binary that come from
// files under the Redpanda Community License, and makes sure that they are
// called what Benthos calls them.
func enterpriseComponents(t *testing.T) []linked.Component {
	t.Helper()
	modules, err := linked.Modules(t.Context(), ".")
	require.NoError(t, err)
	components, err := linked.EnterpriseComponents(modules)
	require.NoError(t, err)
	require.NotEmpty(t, components, "Redpanda Connect marks them no more as before?")

	var registered []linked.Component
	collect := func(kind string) func(string, *service.ConfigView) {
		return func(name string, _ *service.ConfigView) {
			registered = append(registered, linked.Component{Kind: kind, Name: name})
		}
	}
	environment := service.GlobalEnvironment()
	environment.WalkBuffers(collect("buffer"))
	environment.WalkCaches(collect("cache"))
	environment.WalkInputs(collect("input"))
	environment.WalkMetrics(collect("metrics"))
	environment.WalkOutputs(collect("output"))
	environment.WalkProcessors(collect("processor"))
	environment.WalkRateLimits(collect("rate_limit"))
	environment.WalkScanners(collect("scanner"))
	environment.WalkTracers(collect("tracer"))
	require.Subset(t, registered, components)
	return components
}

// componentUse is a component in a YAML file.
type componentUse struct {
	file string
	linked.Component
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
func componentsIn(content []byte) ([]linked.Component, error) {
	var components []linked.Component
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

func componentsUnder(node *yaml.Node) ([]linked.Component, error) {
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
	var components []linked.Component
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
func componentsOfPipeline(mapping *yaml.Node) ([]linked.Component, error) {
	content, err := yaml.Marshal(mapping)
	if err != nil {
		return nil, err
	}
	var components []linked.Component
	walker := service.GlobalEnvironment().FullConfigSchema("", "").NewStreamConfigWalker()
	err = walker.WalkComponentsYAML(content, func(walked *service.WalkedComponent) error {
		components = append(components, linked.Component{Kind: walked.ComponentType, Name: walked.Name})
		return nil
	})
	return components, err
}

// paidFor returns the uses of one of the components.
func paidFor(uses []componentUse, components []linked.Component) []componentUse {
	return slices.DeleteFunc(slices.Clone(uses), func(use componentUse) bool {
		return !slices.Contains(components, use.Component)
	})
}

func TestPipelinesNeedNoEnterpriseLicence(t *testing.T) {
	enterprise := enterpriseComponents(t)
	t.Run("those of the repository", func(t *testing.T) {
		uses, err := componentsUsed(os.DirFS("../.."))
		require.NoError(t, err)
		for _, known := range []componentUse{
			{"config/slack.yaml", linked.Component{Kind: "input", Name: "chronicle_detection_alerts"}},
			{"config/slack.yaml", linked.Component{Kind: "output", Name: "http_client"}},
		} {
			require.Contains(t, uses, known, "pipelines were not read as they should be")
		}
		require.Empty(t, paidFor(uses, enterprise))
	})
	t.Run("planted ones are found", func(t *testing.T) {
		uses, err := componentsUsed(planted)
		require.NoError(t, err)
		require.ElementsMatch(t, plantedUses, paidFor(uses, enterprise))
		require.Contains(t, uses, componentUse{"innocent.yaml", linked.Component{Kind: "output", Name: "drop"}})
	})
}

// planted hides components that need an enterprise licence, and some that only
// look like it.
var planted = fstest.MapFS{
	"deep.yaml": {Data: []byte(`
input:
  broker:
    inputs:
      - generate: {mapping: root = this}
      - postgres_cdc: {dsn: "${DSN:nowhere}"}
output:
  switch:
    cases:
      - output:
          fallback:
            - otlp_http: {}
            - drop: {}
`)},
	"a/b/observed.yml": {Data: []byte("tracer: {open_telemetry_collector: {}}\n---\nmetrics: {open_telemetry_collector: {}}\n")},
	"resources.yaml":   {Data: []byte("input_resources: [{label: a, aws_dynamodb_cdc: {}}]")},
	"configmap.yaml": {Data: []byte(`
kind: ConfigMap
data:
  notes: |
    not: [yaml
    at all
  pipeline.yaml: |
    output: {otlp_grpc: {}}
`)},
	"innocent.yaml":  {Data: []byte("input: {generate: {mapping: root = this}}\noutput: {label: otlp_http, drop: {}}\n")},
	".hidden/a.yaml": {Data: []byte("output: {otlp_grpc: {}}")},
}

var plantedUses = []componentUse{
	{"deep.yaml", linked.Component{Kind: "input", Name: "postgres_cdc"}},
	{"deep.yaml", linked.Component{Kind: "output", Name: "otlp_http"}},
	{"a/b/observed.yml", linked.Component{Kind: "tracer", Name: "open_telemetry_collector"}},
	{"a/b/observed.yml", linked.Component{Kind: "metrics", Name: "open_telemetry_collector"}},
	{"resources.yaml", linked.Component{Kind: "input", Name: "aws_dynamodb_cdc"}},
	{"configmap.yaml", linked.Component{Kind: "output", Name: "otlp_grpc"}},
}

// TestUnreadableConfigsAreNoticed, instead of being passed over.
func TestUnreadableConfigsAreNoticed(t *testing.T) {
	for name, config := range map[string]string{
		"a component that nobody knows":          "output: {nothing_like_it: {}}",
		"a component that the environment names": "output: {\"${OUTPUT:otlp_http}\": {}}",
		"a file that is not YAML":                "output: [",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := componentsUsed(fstest.MapFS{"config.yaml": {Data: []byte(config)}})
			require.ErrorContains(t, err, "config.yaml")
		})
	}
}
