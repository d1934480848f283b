package linked

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// EnterpriseFiles returns the linked files that are under the Redpanda
// Community License by their own heading, as absolute paths by module path.
func EnterpriseFiles(modules []Module) (map[string][]string, error) {
	files := map[string][]string{}
	for _, module := range modules {
		for _, p := range module.Packages {
			for _, file := range p.GoFiles {
				source, err := os.ReadFile(file)
				if err != nil {
					return nil, fmt.Errorf("reading the heading of a linked file: %w", err)
				}
				if underCommunityLicence(source) {
					files[module.Path] = append(files[module.Path], file)
				}
			}
		}
	}
	return files, nil
}

// underCommunityLicence tells by the comment that opens a file whether it is
// under the Redpanda Community License. The words are looked for without the
// line breaks and comment marks between them.
func underCommunityLicence(source []byte) bool {
	heading, _, _ := bytes.Cut(source, []byte("\npackage "))
	words := strings.Join(strings.FieldsFunc(string(heading), func(r rune) bool {
		return strings.ContainsRune("/* \t\r\n", r)
	}), " ")
	return strings.Contains(words, "Redpanda Enterprise file") || strings.Contains(words, "Redpanda Community License")
}

// asksForLicence tells whether a file makes Connect's check for an enterprise
// licence, whatever its heading says.
func asksForLicence(source []byte) bool {
	return bytes.Contains(source, []byte("license.CheckRunningEnterprise("))
}
