package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/environment"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// checkTimeout is how long all connection tests of a configuration may take.
const timeout = 2 * time.Minute

// Command is the subcommand, which prints to stdout what redactor lets pass. Its
// error tells how many connections failed, or why none could be tested.
func Command(stdout io.Writer, redactor *redact.Redactor, variables *environment.Variables) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "Test the connections of a config: its input, its output, its resources",
		ArgsUsage: "CONFIG",
		Description: "Opens each connection with the real credentials and closes it again. Nothing is read, " +
			"written or stored. Exits with an error if one of them fails.",
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return errors.New("check wants one argument, the path of a config")
			}
			ctx, cancel := context.WithTimeout(c.Context, timeout)
			defer cancel()
			return check(ctx, c.Args().First(), redactor, variables, stdout)
		},
	}
}

// check builds the components of a configuration without starting them, tests
// their connections and prints what came of it.
func check(ctx context.Context, path string, redactor *redact.Redactor, variables *environment.Variables, stdout io.Writer) error {
	text, err := os.ReadFile(path) //nolint:gosec // Which file it is, is the user's to say.
	if err != nil {
		return fmt.Errorf("reading the config: %w", err)
	}
	variables.Read(path)
	if err := variables.Check(ctx); err != nil {
		return err
	}
	builder := service.NewResourceBuilder()
	builder.SetLogger(slog.New(&warnings{out: stdout, redactor: redactor}))
	builder.SetEnvVarLookupFunc(variables.Lookup)
	if err := addConfig(builder, text); err != nil {
		return fmt.Errorf("building %s: %w", path, err)
	}
	// The components are never started, and some wait for that before they
	// close, so they are left to the end of the process.
	resources, _, err := builder.BuildSuspended()
	if err != nil {
		return fmt.Errorf("building %s: %w", path, err)
	}
	results, err := resources.ConnectionTest(ctx)
	if err != nil {
		return fmt.Errorf("testing the connections of %s: %w", path, err)
	}
	return report(results, redactor, stdout)
}

// addConfig takes a pipeline's configuration apart into resources, since those
// can be built without running them.
func addConfig(builder *service.ResourceBuilder, text []byte) error {
	var sections map[string]yaml.Node
	if err := yaml.Unmarshal(text, &sections); err != nil {
		return err
	}
	resources := make(map[string]yaml.Node)
	for name, section := range sections {
		switch {
		case name == "input" || name == "output":
			if err := addLabelled(builder, name, section); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case strings.HasSuffix(name, "_resources"):
			resources[name] = section
		}
	}
	if len(resources) == 0 {
		return nil
	}
	encoded, err := yaml.Marshal(resources)
	if err != nil {
		return err
	}
	return builder.AddYAML(string(encoded))
}

// addLabelled adds the input or output under its name as label, which every
// resource needs, unless it has one.
func addLabelled(builder *service.ResourceBuilder, name string, section yaml.Node) error {
	var fields map[string]yaml.Node
	if err := section.Decode(&fields); err != nil {
		return err
	}
	if label, labelled := fields["label"]; !labelled || label.Value == "" {
		fields["label"] = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}
	}
	encoded, err := yaml.Marshal(fields)
	if err != nil {
		return err
	}
	if name == "input" {
		return builder.AddInputYAML(string(encoded))
	}
	return builder.AddOutputYAML(string(encoded))
}
