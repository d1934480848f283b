package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/urfave/cli/v2"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/configfiles"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/environment"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/state"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/trial"
)

// A preparation is what the program does around one of Benthos' commands.
type preparation struct {
	variables *environment.Variables

	files   configfiles.Files // of the command
	lints   bool              // it is lint, and has begun
	running bool              // it is run, or streams, and has begun
	taken   string            // what to log of the address of Benthos' server
	api     bool              // the REST API of streams mode is served
	early   []string          // warnings of what acknowledges too early
}

// apiFlag has streams mode serve its REST API.
const apiFlag = "api"

// runFlags are the flags that this program adds to Benthos' commands run and streams.
func runFlags() []cli.Flag {
	return []cli.Flag{&cli.BoolFlag{
		Name:  apiFlag,
		Usage: "with streams: serve the REST API, which shows the secrets of every stream and runs commands for whoever can reach it; only on a loopback address",
	}}
}

// prepareAPI turns the REST API of streams mode off unless --api asks for it. Benthos
// serves it by default, without authentication: through it anyone who can reach the
// port reads secrets, runs commands and removes streams.
func (p *preparation) prepareAPI(c *cli.Context, configs [][]byte) error {
	p.api = c.Bool(apiFlag) && !c.Bool("no-api")
	if p.api {
		return refuseExposedAPI(configs, settings(c), p.variables.Value)
	}
	if err := c.Set("no-api", "true"); err != nil {
		return fmt.Errorf("turning off the REST API of streams mode: %w", err)
	}
	return nil
}

// before runs before Benthos reads the config of a command, and after it has read
// files of variables. Its error ends the command.
func (p *preparation) before(c *cli.Context) error {
	p.files = configfiles.Of(c)
	single := c.Command.Name == "run" || c.Command.Name == c.App.Name
	if single && len(p.files.Configs) == 0 {
		return errors.New("run wants a config, such as ./config/print.yaml; without one there is nothing to run")
	}
	p.variables.Read(p.files.All()...)
	if err := p.variables.Check(c.Context); err != nil {
		return err
	}
	p.lints = c.Command.Name == "lint"
	streams := c.Command.Name == "streams"
	p.running = single || streams
	if c.Bool(apiFlag) && !streams {
		return fmt.Errorf("the flag --%s is for the command streams", apiFlag)
	}
	if p.lints || p.running {
		p.warnOfEarlyAcks()
	}
	if !p.running {
		return nil
	}
	texts := read(p.files.All())
	for _, text := range texts {
		replaced, _, err := interpolation.Replace(text, p.variables.Value)
		if err != nil {
			return err
		}
		if err := state.MakeDirectoriesOf(replaced); err != nil {
			return err
		}
	}
	configs := read(p.files.Configs)
	p.taken = addressTaken(configs, settings(c), p.variables.Value)
	if streams {
		if err := p.prepareAPI(c, configs); err != nil {
			return err
		}
	}
	// Benthos builds what a config shares when it is first used, which is too late
	// for an error to end the start. What isn't shared it builds at the start.
	return variableToBlame(c.Context, &trial.Trial{Texts: texts, Lookup: p.variables.Value, SharedOnly: true})
}

// warnOfEarlyAcks looks for what acknowledges too early in each config.
func (p *preparation) warnOfEarlyAcks() {
	resources := read(p.files.Resources)
	for _, path := range p.files.Configs {
		for _, text := range read([]string{path}) {
			for _, warning := range earlyAcks(text, resources, p.variables.Value) {
				p.early = append(p.early, path+": "+warning)
			}
		}
	}
}

// settings returns what the flag --set says, which can stand before the command's
// name as well.
func settings(c *cli.Context) []string {
	for _, context := range c.Lineage() {
		if set := context.StringSlice("set"); len(set) > 0 {
			return set
		}
	}
	return nil
}

// logging runs when Benthos has its log.
func (p *preparation) logging(logger *service.Logger) {
	if p.taken != "" {
		logger.Error(p.taken)
	}
	if p.api {
		logger.Warn("The REST API of streams mode is on (--api): whoever can reach it reads the secrets of every stream, changes streams and runs commands. It has no authentication")
	}
	if !p.running {
		return
	}
	for _, warning := range p.early {
		logger.Warn(warning)
	}
}

// after runs where the command has ended, and returns its error, or one that says what
// Benthos can't tell: which variable is to blame.
func (p *preparation) after(ctx context.Context, err error) error {
	if blamed := (*trial.VariableError)(nil); errors.As(err, &blamed) {
		return err
	}
	switch {
	case p.running && err != nil:
		return cmp.Or(variableToBlame(ctx, &trial.Trial{Texts: read(p.files.All()), Lookup: p.variables.Value}), err)
	case p.lints && err == nil:
		resources := read(p.files.Resources)
		for _, path := range p.files.Configs {
			if extension := filepath.Ext(path); extension != ".yaml" && extension != ".yml" {
				continue
			}
			wrong := variableToBlame(ctx, &trial.Trial{Texts: append(read([]string{path}), resources...), Lookup: p.variables.Value})
			if wrong != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", path, wrong))
			}
		}
	}
	return err
}

// variableToBlame returns the error that a variable leads to, and nothing where
// something else is wrong: Benthos has the line of that.
func variableToBlame(ctx context.Context, t *trial.Trial) error {
	_, err := t.Build(ctx)
	if blamed := (*trial.VariableError)(nil); errors.As(err, &blamed) {
		return blamed
	}
	return nil
}

// read returns the texts of the files that can be read.
func read(paths []string) (texts [][]byte) {
	for _, path := range paths {
		text, err := os.ReadFile(path) //nolint:gosec // Which file it is, is the user's to say.
		if err == nil {
			texts = append(texts, text)
		}
	}
	return texts
}
