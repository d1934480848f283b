package state

import (
	"fmt"
	"os"

	"gopkg.in/yaml.v3"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// MakeDirectories creates the directories of the file caches of a
// configuration. Benthos' file cache expects them to exist, and a position that
// cannot be stored is found out only when a restart repeats everything.
func MakeDirectories(conf *service.ParsedConfig) error {
	if !conf.Contains("cache_resources") {
		return nil
	}
	parsed, err := conf.FieldAny("cache_resources")
	if err != nil {
		return fmt.Errorf("reading cache_resources: %w", err)
	}
	// Benthos keeps components of a config in a form of its own, which is YAML
	// all the same.
	encoded, err := yaml.Marshal(parsed)
	if err != nil {
		return fmt.Errorf("reading cache_resources: %w", err)
	}
	return makeDirectories(encoded)
}

// MakeDirectoriesOf does the same for the text of one of a config's files, its
// variables replaced: Benthos shows only the main one's when it has parsed it. What is
// no YAML is for Benthos to refuse.
func MakeDirectoriesOf(text []byte) error {
	var config struct {
		Caches yaml.Node `yaml:"cache_resources"`
	}
	// What can't be read leaves no caches.
	_ = yaml.Unmarshal(text, &config)
	if config.Caches.IsZero() {
		return nil
	}
	encoded, err := yaml.Marshal(&config.Caches)
	if err != nil {
		return fmt.Errorf("reading cache_resources: %w", err)
	}
	return makeDirectories(encoded)
}

func makeDirectories(encoded []byte) error {
	var caches []struct {
		File struct {
			Directory string `yaml:"directory"`
		} `yaml:"file"`
	}
	// What is wrong with one is for Benthos' linter, which has better words.
	_ = yaml.Unmarshal(encoded, &caches)
	for _, cache := range caches {
		if cache.File.Directory == "" {
			continue
		}
		if err := os.MkdirAll(cache.File.Directory, 0o750); err != nil {
			return fmt.Errorf("creating the directory of a file cache: %w", err)
		}
	}
	return nil
}
