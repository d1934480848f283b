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

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/configfiles"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/environment"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/trial"
)

// timeout is how long all connection tests of a configuration may take.
const timeout = 2 * time.Minute

// Command is the subcommand, which prints to stdout what redactor lets pass. Its
// error tells how many connections failed, or why none could be tested.
func Command(stdout io.Writer, redactor *redact.Redactor, variables *environment.Variables) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "Test the connections of a config: its input, its output, its resources",
		ArgsUsage: "CONFIG",
		Description: "Lints the config, builds its components, opens each connection with the real credentials and " +
			"closes it again. Nothing is read, written or stored. Exits with an error if something of that fails.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "resources", Aliases: []string{"r"}, Usage: "take shared resources from this `FILE` as well, as run does"},
		},
		Action: func(c *cli.Context) error {
			switch {
			case c.NArg() == 0:
				return errors.New("check wants one argument, the path of a config")
			case c.NArg() > 1 && strings.HasPrefix(c.Args().Get(1), "-"):
				return fmt.Errorf("check got %s after the config, want flags before it", c.Args().Get(1))
			case c.NArg() > 1:
				return fmt.Errorf("check wants one config, got %d", c.NArg())
			}
			ctx, cancel := context.WithTimeout(c.Context, timeout)
			defer cancel()
			checking := &checking{stdout: stdout, redactor: redactor, variables: variables}
			return checking.run(ctx, c.Args().First(), configfiles.Of(c).Resources)
		},
	}
}

// checking is one run of the command.
type checking struct {
	stdout    io.Writer
	redactor  *redact.Redactor
	variables *environment.Variables
}

// run lints a config and the files of its resources, builds their components without
// starting them, tests the connections and prints what came of it.
func (c *checking) run(ctx context.Context, config string, resources []string) error {
	c.variables.Read(append([]string{config}, resources...)...)
	if err := c.variables.Check(ctx); err != nil {
		return err
	}
	var texts [][]byte
	lints := 0
	for _, path := range append([]string{config}, resources...) {
		text, err := os.ReadFile(path) //nolint:gosec // Which file it is, is the user's to say.
		if err != nil {
			return fmt.Errorf("reading the config: %w", err)
		}
		found, err := c.lint(path, text)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		lints += found
		texts = append(texts, text)
	}
	attempt := &trial.Trial{
		Texts: texts, Lookup: c.variables.Value,
		Logger: slog.New(&warnings{out: c.stdout, redactor: c.redactor}),
	}
	built, err := attempt.Build(ctx)
	if lints > 0 {
		refused := fmt.Errorf("%s has %d lint errors, for which run refuses it", config, lints)
		if blamed := (*trial.VariableError)(nil); errors.As(err, &blamed) {
			return errors.Join(refused, blamed)
		}
		return refused
	}
	if err != nil {
		return fmt.Errorf("building %s: %w", config, err)
	}
	results, err := built.Resources.ConnectionTest(ctx)
	if err != nil {
		return fmt.Errorf("testing the connections of %s: %w", config, err)
	}
	return report(results, built.Kind, c.redactor, c.stdout)
}
