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
	var caches []struct {
		File struct {
			Directory string `yaml:"directory"`
		} `yaml:"file"`
	}
	if err := yaml.Unmarshal(encoded, &caches); err != nil {
		return fmt.Errorf("reading cache_resources: %w", err)
	}
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
