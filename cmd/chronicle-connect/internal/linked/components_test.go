package linked

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const enterpriseHeading = `// Copyright 2026 Redpanda Data, Inc.
//
// Licensed as a Redpanda Enterprise
// file under the Redpanda Community License.

`

// module writes a module of one package with the given files.
func module(t *testing.T, files map[string]string) []Module {
	t.Helper()
	dir := t.TempDir()
	p := Package{ImportPath: "example.com/m/p", Dir: filepath.Join(dir, "p")}
	require.NoError(t, os.Mkdir(p.Dir, 0o755))
	for name, content := range files {
		path := filepath.Join(p.Dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		if filepath.Ext(name) == ".go" {
			p.GoFiles = append(p.GoFiles, path)
		}
	}
	return []Module{{Path: "example.com/m", Version: "v1.0.0", Dir: dir, Packages: []Package{p}}}
}

func TestEnterpriseComponents(t *testing.T) {
	modules := module(t, map[string]string{
		"free.go": `// Licensed under the Apache License.
package p

const named = "by_constant"

func init() { service.MustRegisterCache("free", nil, nil) }
`,
		"paid.go": enterpriseHeading + `package p

func init() {
	service.MustRegisterBatchInput("literal", nil, nil)
	if err := service.RegisterOutput(named, nil, nil); err != nil {
		panic(err)
	}
	service.MustRegisterOtelTracerProvider("traces", nil, nil)
	service.MustRegisterMetricsExporter("numbers", nil, nil)
	service.MustRegisterRateLimit("slow", nil, nil)
	other.RegisterInput(whatever)
}
`,
		"asks.go": `// Licensed under the Apache License.
package p

func init() { service.MustRegisterBatchScannerCreator("asking", nil, nil) }

func build() error { return license.CheckRunningEnterprise(nil) }
`,
	})
	components, err := EnterpriseComponents(modules)
	require.NoError(t, err)
	require.Equal(t, []Component{
		{"input", "literal"},
		{"metrics", "numbers"},
		{"output", "by_constant"},
		{"rate_limit", "slow"},
		{"scanner", "asking"},
		{"tracer", "traces"},
	}, components)

	files, err := EnterpriseFiles(modules)
	require.NoError(t, err)
	require.Equal(t, map[string][]string{
		"example.com/m": {filepath.Join(modules[0].Dir, "p", "paid.go")},
	}, files)
}

func TestRegistrationThatCannotBeRead(t *testing.T) {
	for name, call := range map[string]string{
		"name of a call":      `service.MustRegisterInput(name(), nil, nil)`,
		"unknown constant":    `service.MustRegisterInput(elsewhere, nil, nil)`,
		"unknown kind":        `service.MustRegisterTemplateYAML("name: x")`,
		"no argument at all":  `service.RegisterInput()`,
		"a number for a name": `service.RegisterInput(1, nil, nil)`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := EnterpriseComponents(module(t, map[string]string{
				"paid.go": enterpriseHeading + "package p\n\nfunc init() { " + call + " }\n",
			}))
			require.ErrorContains(t, err, "paid.go:8:15: a call of service.")
		})
	}
}
