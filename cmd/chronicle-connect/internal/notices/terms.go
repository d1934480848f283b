package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/linked"
)

// terms are what one module is licensed under.
type terms struct {
	module   string
	version  string
	licences []licence
	notices  []string // the texts of its NOTICE files
}

// licence is a licence file by its path in the module.
type licence struct {
	path string
	ids  []string
	text string
}

// accepted are the licences that a module may come under. What isn't here needs
// somebody to read it first.
var accepted = []string{
	"Apache-2.0", "BSD-2-Clause", "BSD-2-Clause-Views", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0",
	// Parts of Apache Arrow, whose licence file names them all.
	"BSL-1.0", "CC-BY-3.0", "HPND", "NCSA", "OpenSSL", "Zlib",
	// Restrict what the binary may be used for, which NOTICE explains.
	linked.BusinessSource, linked.CommunityLicence,
}

func termsOf(ctx context.Context, modules []linked.Module) ([]terms, error) {
	standard, err := standardLibrary(ctx)
	if err != nil {
		return nil, err
	}
	all := []terms{standard}
	for _, module := range modules {
		found, err := linked.Licences(module)
		if err != nil {
			return nil, err
		}
		t := terms{module: module.Path, version: module.Version}
		for _, file := range found {
			path, err := filepath.Rel(module.Dir, file.Path)
			if err != nil {
				return nil, err
			}
			for _, id := range file.IDs {
				if !slices.Contains(accepted, id) {
					return nil, fmt.Errorf("%s is under %s (%s), which is not among the accepted licences", module.Path, id, path)
				}
			}
			t.licences = append(t.licences, licence{filepath.ToSlash(path), file.IDs, string(file.Text)})
		}
		paths, err := linked.Notices(module)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("reading a notice of %s: %w", module.Path, err)
			}
			t.notices = append(t.notices, strings.TrimSpace(string(text)))
		}
		all = append(all, t)
	}
	return all, nil
}

// standardLibrary returns the terms of what the Go toolchain links. Its version
// is left out: it is that of whoever builds.
func standardLibrary(ctx context.Context) (terms, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return terms{}, fmt.Errorf("asking for GOROOT: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "LICENSE"))
	if err != nil {
		return terms{}, fmt.Errorf("reading the licence of Go: %w", err)
	}
	return terms{
		module:   "Go standard library",
		licences: []licence{{"LICENSE", []string{"BSD-3-Clause"}, string(text)}},
	}, nil
}

// ids returns the identifiers of all licences of a module, sorted.
func (t terms) ids() []string {
	var ids []string
	for _, licence := range t.licences {
		ids = append(ids, licence.ids...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
