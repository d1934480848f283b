package redeliver

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
	"github.com/chronicle-connect/chronicle-connect/config"
)

// refusedOutput is the output whose files are redelivered.
const refusedOutput = "chronicle_refused"

// A pipeline is a config that keeps what is refused.
type pipeline struct {
	file string // for people
	text []byte
}

// pipelines are configs by the names that their outputs chronicle_refused have.
type pipelines map[string]*pipeline

// loadPipelines returns the pipelines of config/, and in their places those of the
// files that people name.
func loadPipelines(files []string) (pipelines, error) {
	all := pipelines{}
	err := fs.WalkDir(config.Files, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yaml" || strings.HasSuffix(name, "_benthos_test.yaml") {
			return err
		}
		text, err := config.Files.ReadFile(name)
		if err != nil {
			return err
		}
		_, err = all.add("config/"+name, text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the embedded pipelines: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // Which file it is, is the user's to say.
		if err != nil {
			return nil, fmt.Errorf("reading the config: %w", err)
		}
		names, err := all.add(file, text)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("%s has no output %s, so nothing that it refused is in a file", file, refusedOutput)
		}
	}
	return all, nil
}

// add adds a config under the names that it has for what it refuses, and returns those.
func (p pipelines) add(file string, text []byte) (names []string, err error) {
	// Which names these are, no variable says.
	replaced, _, err := interpolation.Replace(text, func(string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(replaced, &document); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	eachField(&document, refusedOutput, func(output *yaml.Node) {
		var fields struct {
			Pipeline string `yaml:"pipeline"`
		}
		if output.Decode(&fields) == nil && fields.Pipeline != "" && !slices.Contains(names, fields.Pipeline) {
			names = append(names, fields.Pipeline)
		}
	})
	for _, name := range names {
		p[name] = &pipeline{file: file, text: text}
	}
	return names, nil
}

// eachField calls do for the value of every field of a name, however deep.
func eachField(node *yaml.Node, name string, do func(value *yaml.Node)) {
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && node.Content[i-1].Value == name {
			do(child)
		}
		eachField(child, name, do)
	}
}

// requires says whether a variable has to be set.
func (p *pipeline) requires(name string) bool {
	_, missing, _ := interpolation.Replace(p.text, func(string) (string, bool) { return "", false })
	return slices.Contains(missing, name)
}
