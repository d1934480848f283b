// Command chronicle-connect is a Benthos with the input
// chronicle_detection_alerts, for people who want to run pipelines of Google
// Chronicle's detection alerts without building anything. Its own subcommands
// are demo, simulate and check; run, lint, test, streams, list, create, blobl
// and the others are those of Benthos.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

const productName = "chronicle-connect"

// version and dateBuilt are set when a release is linked.
var (
	version   = "development"
	dateBuilt = "unknown"
)

func main() {
	os.Exit(run(context.Background(), os.Args, os.Stdout, os.Stderr))
}

// run is the whole program but for the exit: the exit code is not 0 where the
// command failed, and also where an input gave up. Benthos takes the end of an
// input for success, whatever ended it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (exitCode int) {
	var resources *service.Resources
	exitCode, err := service.RunCLIToCode(ctx,
		service.CLIOptSetArgs(args...),
		service.CLIOptSetVersion(version, dateBuilt),
		service.CLIOptSetBinaryName(productName),
		service.CLIOptSetProductName(productName),
		service.CLIOptSetDocumentationURL("https://github.com/chronicle-connect/chronicle-connect"),
		service.CLIOptOnConfigParse(func(conf *service.ParsedConfig) error {
			resources = conf.Resources()
			return makeStateDirectories(conf)
		}),
		service.CLIOptAddCommand(demoCommand(stdout)),
		service.CLIOptAddCommand(simulateCommand(stdout)),
		service.CLIOptAddCommand(checkCommand(stdout)),
	)
	if err == nil && resources != nil {
		err = plugin.Failure(resources)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", productName, err)
		return max(exitCode, 1)
	}
	return exitCode
}
