package program

import (
	"context"
	"fmt"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/sirupsen/logrus"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/check"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/demo"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/environment"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redeliver"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/simulate"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/state"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/tracing"
	"github.com/chronicle-connect/chronicle-connect/plugin"
)

const productName = "chronicle-connect"

// Run is the whole program but for the exit: the exit code is not 0 where the
// command failed, and also where an input gave up. Benthos takes the end of an
// input for success, whatever ended it. The args begin with the program's name. Run
// is for a process that ends by it: Benthos' command line ends the process itself
// some seconds after it has stopped.
func Run(ctx context.Context, args []string, build Build) (exitCode int) {
	stdout := os.Stdout
	if err := setColor(stdout); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", productName, err)
		return 1
	}
	args, remove, err := splitStreams(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", productName, err)
		return 1
	}
	defer remove()
	redactor := &redact.Redactor{}
	restore, flush, drain, err := filterLog(redactor)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", productName, err)
		return 1
	}
	version, dateBuilt := build.describe()
	variables := environment.New(redactor)
	preparation := &preparation{variables: variables}
	tracing.Register(redactor.Redact)
	showOwnHelp()
	if len(args) == 1 {
		args = append(args, "--help")
	}
	// A fatal log message, as of the processor crash, ends the process at once and
	// would never get through the filter.
	logrus.RegisterExitHandler(flush)
	var resources *service.Resources
	reminding, stopReminding := context.WithCancel(ctx)
	defer stopReminding()
	exitCode, err = service.RunCLIToCode(ctx,
		// By now Benthos has noted where to log.
		func(*service.CLIOptBuilder) { restore() },
		service.CLIOptSetArgs(args...),
		service.CLIOptSetVersion(version, dateBuilt),
		service.CLIOptSetBinaryName(productName),
		service.CLIOptSetProductName(productName),
		service.CLIOptSetDocumentationURL("https://github.com/chronicle-connect/chronicle-connect"),
		service.CLIOptSetDefaultConfigPaths(),
		service.CLIOptSetEnvVarLookup(variables.Lookup),
		service.CLIOptSetMainSchemaFrom(func() *service.ConfigSchema {
			schema := service.GlobalEnvironment().FullConfigSchema(version, dateBuilt)
			schema.SetFieldDefault(defaultAddress(variables.Value), "http", "address")
			return schema
		}),
		service.CLIOptCustomRunFlags(runFlags(), preparation.before),
		service.CLIOptOnLoggerInit(preparation.logging),
		service.CLIOptOnConfigParse(func(conf *service.ParsedConfig) error {
			resources = conf.Resources()
			go remind(reminding, func() error { return plugin.Failure(resources) }, func(text string) { resources.Logger().Error(text) })
			return state.MakeDirectories(conf)
		}),
		service.CLIOptAddCommand(demo.Command(stdout)),
		service.CLIOptAddCommand(simulate.Command(stdout)),
		service.CLIOptAddCommand(check.Command(stdout, redactor, variables)),
		service.CLIOptAddCommand(redeliver.Command(stdout, redactor, variables)),
		service.CLIOptAddCommand(rpcplugin.Command(stdout, redactor, variables)),
	)
	stopReminding()
	drain()
	if preparation.lints {
		for _, warning := range preparation.early {
			fmt.Fprintf(os.Stderr, "%s: warning: %s\n", productName, redactor.Redact([]byte(warning)))
		}
	}
	err = preparation.after(ctx, err)
	if err == nil && resources != nil {
		err = plugin.Failure(resources)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", productName, redactor.Redact([]byte(err.Error())))
		return max(exitCode, 1)
	}
	return exitCode
}
