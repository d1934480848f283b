package configfiles

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Files are what a command of Benthos reads. Files that are named but don't exist
// are among them; who reads them complains.
type Files struct {
	Configs   []string // pipelines, streams, or the part of a config that streams share
	Resources []string // of the flag --resources
}

// All returns all of them.
func (f Files) All() []string { return slices.Concat(f.Configs, f.Resources) }

// Of returns the files of a command line, of Benthos' own commands or one with the
// same flags.
func Of(c *cli.Context) Files {
	var configs []string
	for _, flag := range []string{"config", "observability"} {
		if path := c.String(flag); path != "" {
			configs = append(configs, path)
		}
	}
	return Files{
		Configs:   expand(append(configs, c.Args().Slice()...)),
		Resources: expand(resources(c)),
	}
}

// resources returns what the flag --resources says, which can stand before the
// command's name as well.
func resources(c *cli.Context) []string {
	for _, context := range c.Lineage() {
		if paths := context.StringSlice("resources"); len(paths) > 0 {
			return paths
		}
	}
	return nil
}

// expand returns files for patterns, folders and what ends in "...". Where Benthos
// goes by a finer pattern than that, files more than it reads are returned.
func expand(paths []string) (files []string) {
	add := func(path string) {
		if !slices.Contains(files, path) {
			files = append(files, path)
		}
	}
	for _, path := range paths {
		folder, all := strings.CutSuffix(path, "...")
		if before, _, deep := strings.Cut(path, "**"); deep {
			folder, all = before, true
		}
		if all {
			walk(filepath.Clean(folder), add)
			continue
		}
		matches, err := filepath.Glob(path)
		if err != nil || len(matches) == 0 {
			matches = []string{path}
		}
		for _, match := range matches {
			walk(match, add)
		}
	}
	return files
}

// walk calls add for a file, or for the files of YAML in a folder and those below.
func walk(root string, add func(string)) {
	// What can't be read is for Benthos to complain about.
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case path == root && (err != nil || !entry.IsDir()):
			add(path)
		case err == nil && !entry.IsDir() && (strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")):
			add(path)
		}
		return nil
	})
}
