package trial

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
)

// A Trial is what to build.
type Trial struct {
	// Texts are those of the config's files, with variables: the config itself, and
	// the files of the resources that it refers to.
	Texts [][]byte
	// Lookup finds variables.
	Lookup func(name string) (value string, found bool)
	// SharedOnly leaves out what a config doesn't share: its input, its processors
	// and its output.
	SharedOnly bool
	// Logger gets what components log while they are built, or tested. Nil is for
	// nobody.
	Logger *slog.Logger
}

// Build builds the components. The input and the output are there by those names,
// where they have no label of their own. An error that goes away with the value of a
// variable is a [VariableError].
func (t *Trial) Build(ctx context.Context) (*Built, error) {
	built, err := t.build(ctx, t.Lookup)
	if err == nil {
		return built, nil
	}
	if name := t.blame(ctx, err); name != "" {
		err = &VariableError{Name: name, Err: err}
	}
	return nil, err
}

func (t *Trial) build(ctx context.Context, lookup func(string) (string, bool)) (*Built, error) {
	builder := service.NewResourceBuilder()
	logger := t.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	builder.SetLogger(logger)
	found := components{}
	for _, text := range t.Texts {
		replaced, missing, err := interpolation.Replace(text, lookup)
		if err != nil {
			return nil, err
		}
		if len(missing) > 0 {
			return nil, &MissingError{Names: missing}
		}
		if err := t.add(builder, interpolation.Protect(replaced), found); err != nil {
			return nil, err
		}
	}
	resources, _, err := builder.BuildSuspended()
	if err != nil {
		return nil, clean(err)
	}
	return &Built{Resources: resources, components: found}, found.touch(ctx, resources)
}

// add takes a config apart into resources, since those can be built without running
// them.
func (t *Trial) add(builder *service.ResourceBuilder, text []byte, found components) error {
	var sections map[string]yaml.Node
	if err := yaml.Unmarshal(text, &sections); err != nil {
		return fmt.Errorf("reading the config: %w", err)
	}
	shared := map[string]yaml.Node{}
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		section := sections[name]
		switch {
		case strings.HasSuffix(name, "_resources"):
			shared[name] = section
			found[name] = append(found[name], section.Content...)
		case t.SharedOnly:
		case name == "input":
			if err := addLabelled(builder.AddInputYAML, name, &section); err != nil {
				return fmt.Errorf("input: %w", err)
			}
			found["input_resources"] = append(found["input_resources"], &section)
		case name == "output":
			if err := addLabelled(builder.AddOutputYAML, name, &section); err != nil {
				return fmt.Errorf("output: %w", err)
			}
			found["output_resources"] = append(found["output_resources"], &section)
		case name == "pipeline":
			if err := addProcessors(builder, &section, found); err != nil {
				return err
			}
		}
	}
	if len(shared) == 0 {
		return nil
	}
	encoded, err := yaml.Marshal(shared)
	if err != nil {
		return fmt.Errorf("taking the config apart: %w", err)
	}
	return clean(builder.AddYAML(string(encoded)))
}

func addProcessors(builder *service.ResourceBuilder, pipeline *yaml.Node, found components) error {
	var fields struct {
		Processors []yaml.Node `yaml:"processors"`
	}
	if err := pipeline.Decode(&fields); err != nil {
		return fmt.Errorf("pipeline: %w", err)
	}
	for i := range fields.Processors {
		label := fmt.Sprintf("processor_%d_of_the_pipeline", i+1)
		if err := addLabelled(builder.AddProcessorYAML, label, &fields.Processors[i]); err != nil {
			return fmt.Errorf("pipeline: processor %d: %w", i+1, err)
		}
		found["processor_resources"] = append(found["processor_resources"], &fields.Processors[i])
	}
	return nil
}

// addLabelled adds a component, under a label that every resource needs unless it
// has one.
func addLabelled(add func(string) error, label string, component *yaml.Node) error {
	if component.Kind == yaml.MappingNode && labelOf(component) == "" {
		if i := slices.IndexFunc(component.Content, func(key *yaml.Node) bool { return key.Value == "label" }); i >= 0 && i%2 == 0 {
			component.Content = slices.Delete(component.Content, i, i+2)
		}
		component.Content = append([]*yaml.Node{{Kind: yaml.ScalarNode, Value: "label"}, {Kind: yaml.ScalarNode, Value: label}}, component.Content...)
	}
	encoded, err := yaml.Marshal(component)
	if err != nil {
		return err
	}
	return clean(add(string(encoded)))
}

func labelOf(component *yaml.Node) string {
	var labelled struct {
		Label string `yaml:"label"`
	}
	// What is no component is for Benthos to refuse.
	_ = component.Decode(&labelled)
	return labelled.Label
}

// position is where Benthos, or YAML, found something: in a part of the config, not
// in its file.
var position = regexp.MustCompile(`\(\d+,\d+\) | path root\.\w+_resources|yaml: unmarshal errors:\s+line \d+: `)

// clean takes out of an error what would lead astray.
func clean(err error) error {
	if err == nil || !position.MatchString(err.Error()) {
		return err
	}
	return errors.New(position.ReplaceAllString(err.Error(), ""))
}
