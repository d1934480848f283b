package configfiles

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
)

func TestFilesOfACommand(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"a.yaml", "b.yaml", "streams/c.yaml", "streams/deep/d.yml", "streams/notes.txt"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	for _, test := range []struct {
		args               []string
		configs, resources []string
	}{
		{[]string{"run", "a.yaml"}, []string{"a.yaml"}, nil},
		{[]string{"-c", "a.yaml"}, []string{"a.yaml"}, nil},
		{[]string{"run", "missing.yaml"}, []string{"missing.yaml"}, nil},
		{[]string{"-r", "b.yaml", "run", "a.yaml"}, []string{"a.yaml"}, []string{"b.yaml"}},
		{[]string{"run", "-r", "*.yaml", "-r", "missing*.yaml", "a.yaml"}, []string{"a.yaml"}, []string{"a.yaml", "b.yaml", "missing*.yaml"}},
		{[]string{"run", "streams/...", "./*.yaml", "a.yaml"}, []string{"streams/c.yaml", "streams/deep/d.yml", "a.yaml", "b.yaml"}, nil},
		{[]string{"run", "-o", "a.yaml", "streams"}, []string{"a.yaml", "streams/c.yaml", "streams/deep/d.yml"}, nil},
		{[]string{"run", "streams/**/d.yml"}, []string{"streams/c.yaml", "streams/deep/d.yml"}, nil},
		{[]string{"run"}, nil, nil},
	} {
		var files Files
		note := func(c *cli.Context) error {
			files = Of(c)
			return nil
		}
		resources := func() cli.Flag { return &cli.StringSliceFlag{Name: "resources", Aliases: []string{"r"}} }
		app := &cli.App{
			Flags:  []cli.Flag{&cli.StringFlag{Name: "config", Aliases: []string{"c"}}, resources()},
			Action: note,
			Commands: []*cli.Command{{
				Name: "run", Action: note,
				Flags: []cli.Flag{&cli.StringFlag{Name: "observability", Aliases: []string{"o"}}, resources()},
			}},
		}
		require.NoError(t, app.Run(append([]string{"x"}, test.args...)))
		require.Equal(t, test.configs, files.Configs, test.args)
		require.Equal(t, test.resources, files.Resources, test.args)
	}
}
