package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/linked"
)

//go:embed notice.tmpl
var noticeText string

var noticeTemplate = template.Must(template.New("NOTICE").Parse(noticeText))

// restricted is a module with the files of it that are under the Redpanda
// Community License.
type restricted struct {
	Module  string
	Version string
	Files   []string
}

// attribution is a NOTICE of modules that all have the same.
type attribution struct {
	Modules string
	Text    string
}

// notice returns NOTICE.
func notice(modules []linked.Module, all []terms) ([]byte, error) {
	files, err := linked.EnterpriseFiles(modules)
	if err != nil {
		return nil, err
	}
	components, err := linked.EnterpriseComponents(modules)
	if err != nil {
		return nil, err
	}
	var data struct {
		Self           string
		Community      []restricted
		Components     []linked.Component
		BusinessSource []restricted
		Attributions   []attribution
	}
	data.Self, data.Components = self, components
	for _, module := range modules {
		r := restricted{Module: module.Path, Version: module.Version}
		for _, file := range files[module.Path] {
			path, err := filepath.Rel(module.Dir, file)
			if err != nil {
				return nil, err
			}
			r.Files = append(r.Files, filepath.ToSlash(path))
		}
		if len(r.Files) > 0 {
			data.Community = append(data.Community, r)
		}
	}
	for _, t := range all {
		if slices.Contains(t.ids(), linked.BusinessSource) {
			data.BusinessSource = append(data.BusinessSource, restricted{Module: t.module, Version: t.version})
		}
	}
	data.Attributions = attributions(all)
	var b bytes.Buffer
	if err := noticeTemplate.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("writing the notice: %w", err)
	}
	return b.Bytes(), nil
}

// minimalIsFree checks what NOTICE says of the binary without Redpanda
// Connect's components.
func minimalIsFree(ctx context.Context) error {
	modules, err := linked.Modules(ctx, binary, "minimal")
	if err != nil {
		return err
	}
	files, err := linked.EnterpriseFiles(modules)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		return fmt.Errorf("the minimal binary links files under the Redpanda Community License: %q", files)
	}
	all, err := termsOf(ctx, modules)
	if err != nil {
		return err
	}
	for _, t := range all {
		if slices.Contains(t.ids(), linked.BusinessSource) {
			return fmt.Errorf("the minimal binary links %s, under the Business Source License", t.module)
		}
	}
	return nil
}

// attributions returns the NOTICE files of the modules, each once.
func attributions(all []terms) []attribution {
	holders := map[string][]string{}
	var order []string
	for _, t := range all {
		for _, text := range t.notices {
			if holders[text] == nil {
				order = append(order, text)
			}
			holders[text] = append(holders[text], t.module)
		}
	}
	var result []attribution
	for _, text := range order {
		result = append(result, attribution{strings.Join(holders[text], "\n"), text})
	}
	return result
}
