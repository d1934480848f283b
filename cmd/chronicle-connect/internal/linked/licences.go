package linked

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// Licences that are not among those that licensecheck knows, by the names that
// SPDX gives to them.
const (
	CommunityLicence = "LicenseRef-Redpanda-Community"
	BusinessSource   = "BUSL-1.1"
)

// Licence is a file that states terms of a module.
type Licence struct {
	Path string   // absolute
	IDs  []string // SPDX identifiers, sorted
	Text []byte
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([-._].*)?$`)
	textFile    = regexp.MustCompile(`^[^_]*\.(txt|md)$`) // not licenses/*_header.go.txt, which are for copying into sources
	noticeFile  = regexp.MustCompile(`(?i)^notice(\.(txt|md))?$`)
)

// Licences returns what a module is licensed under: the licence files of its
// root, or of its folder licenses where the root has none, and those of the
// folders that lead to its linked packages.
func Licences(module Module) ([]Licence, error) {
	paths, err := matching(module.Dir, licenceFile)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		paths, err = matching(filepath.Join(module.Dir, "licenses"), textFile)
		if err != nil {
			return nil, fmt.Errorf("%s has no licence in its root: %w", module.Path, err)
		}
	}
	for _, dir := range folders(module) {
		more, err := matching(dir, licenceFile)
		if err != nil {
			return nil, err
		}
		paths = append(paths, more...)
	}
	var licences []Licence
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading a licence of %s: %w", module.Path, err)
		}
		if ids := identify(text); len(ids) > 0 {
			licences = append(licences, Licence{Path: path, IDs: ids, Text: text})
		}
	}
	if len(licences) == 0 {
		return nil, fmt.Errorf("%s: no known licence in %q", module.Path, paths)
	}
	return licences, nil
}

// Notices returns the NOTICE files of a module, which the Apache License wants
// passed on.
func Notices(module Module) ([]string, error) {
	return matching(module.Dir, noticeFile)
}

// folders returns the folders of the linked packages, and those between them
// and the module's root, without the root.
func folders(module Module) []string {
	var dirs []string
	for _, p := range module.Packages {
		for dir := p.Dir; dir != module.Dir; dir = filepath.Dir(dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// matching returns the files of a folder whose names match, sorted; sources
// are never among them.
func matching(dir string, name *regexp.Regexp) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for licence files: %w", err)
	}
	var paths []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && name.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go" {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths, nil
}

// sure is the percentage of a file's words that have to be those of known
// licences. The rest is titles and the names of holders.
const sure = 75

// identify returns the licences that a file consists of, none if it is
// something else.
func identify(text []byte) []string {
	title, _, _ := strings.Cut(string(text), "\n")
	switch {
	case strings.Contains(title, "Redpanda Community License Agreement"):
		return []string{CommunityLicence}
	case strings.Contains(title, "Redpanda Business Source License 1.1"):
		return []string{BusinessSource}
	}
	coverage := licensecheck.Scan(text)
	if coverage.Percent < sure {
		return nil
	}
	var ids []string
	for _, match := range coverage.Match {
		ids = append(ids, match.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
