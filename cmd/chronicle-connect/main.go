// Command chronicle-connect is a Benthos with the input
// chronicle_detection_alerts, for people who want to run pipelines of Google
// Chronicle's detection alerts without building anything. Its own subcommands
// are demo, simulate, check, redeliver and rpc-plugin; run, lint, test, streams, list,
// create, blobl and the others are those of Benthos.
package main

import (
	"context"
	"os"

	_ "github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/components"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/program"
)

// version and dateBuilt are set by the linker where a release is built from
// something that isn't a clone; see CONTRIBUTING.md.
var version, dateBuilt string

func main() {
	os.Exit(program.Run(context.Background(), os.Args, program.Build{Version: version, Date: dateBuilt}))
}
