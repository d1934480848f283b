package program

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/configfiles"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/environment"
)

// prepare runs before Benthos reads the config of a command, and after it has read
// files of variables. Its error ends the command.
func prepare(c *cli.Context, variables *environment.Variables) error {
	files := configfiles.Of(c)
	if runsPipeline(c) && len(files.Configs) == 0 {
		return errors.New("run wants a config, such as ./config/print.yaml; without one there is nothing to run")
	}
	variables.Read(files.All()...)
	return variables.Check(c.Context)
}

// runsPipeline tells whether the command runs one config: run, or the program
// itself with the flag --config.
func runsPipeline(c *cli.Context) bool {
	return c.Command.Name == "run" || c.Command.Name == c.App.Name
}
