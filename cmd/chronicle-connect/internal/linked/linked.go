// Package linked tells what is compiled into chronicle-connect and on what
// terms: its modules with their packages, the source files that are under the
// Redpanda Community License, and the components that those files register.
// All of it is read from the sources that the go command would compile, so an
// upgrade of a dependency changes the answer by itself.
package linked

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// own is the prefix of the modules whose terms are in the file LICENSE of the
// repository.
const own = "github.com/chronicle-connect/chronicle-connect"

// platforms are those that releases are built for. What is linked differs
// between them by a few packages, and the answer must not depend on the
// machine that asks.
var platforms = []struct{ os, arch string }{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
}

// Module is a module of which at least one package is linked.
type Module struct {
	Path     string
	Version  string
	Dir      string
	Packages []Package // by import path
}

// Package is a linked package with the files that are compiled on at least one
// platform.
type Package struct {
	ImportPath string
	Dir        string
	GoFiles    []string // absolute, sorted
}

// Modules returns the modules of other people that the main package in dir,
// built with the given tags, links on any platform, by path. The standard
// library is not among them.
func Modules(ctx context.Context, dir string, tags ...string) ([]Module, error) {
	packages := map[string]listedPackage{}
	for _, platform := range platforms {
		listed, err := list(ctx, dir, tags, platform.os, platform.arch)
		if err != nil {
			return nil, err
		}
		for _, p := range listed {
			if p.Module == nil || p.Module.Path == own || strings.HasPrefix(p.Module.Path, own+"/") {
				continue
			}
			if p.Module.Replace != nil {
				return nil, fmt.Errorf("listing %s: it is replaced by %s, whose licence nobody has looked at", p.Module.Path, p.Module.Replace.Path)
			}
			p.GoFiles = slices.Concat(packages[p.ImportPath].GoFiles, p.GoFiles)
			packages[p.ImportPath] = p
		}
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("listing what is linked into %s: no module at all", dir)
	}
	modules := map[string]Module{}
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		p := packages[path]
		linked := Package{ImportPath: path, Dir: p.Dir}
		slices.Sort(p.GoFiles)
		for _, name := range slices.Compact(p.GoFiles) {
			linked.GoFiles = append(linked.GoFiles, filepath.Join(p.Dir, name))
		}
		module := modules[p.Module.Path]
		module.Path, module.Version, module.Dir = p.Module.Path, p.Module.Version, p.Module.Dir
		module.Packages = append(module.Packages, linked)
		modules[module.Path] = module
	}
	return slices.SortedFunc(maps.Values(modules), func(a, b Module) int {
		return strings.Compare(a.Path, b.Path)
	}), nil
}

// listedPackage is what is used of the answer of go list -json.
type listedPackage struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Module     *struct {
		Path    string
		Version string
		Dir     string
		Replace *struct{ Path string }
	}
}

func list(ctx context.Context, dir string, tags []string, goos, goarch string) ([]listedPackage, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-tags="+strings.Join(tags, ","), "-json=ImportPath,Dir,GoFiles,Module", ".")
	cmd.Dir = dir
	// As a release is built.
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing what is linked on %s/%s: %w: %s", goos, goarch, err, stderr.String())
	}
	var packages []listedPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the answer of go list: %w", err)
		}
		packages = append(packages, p)
	}
}
