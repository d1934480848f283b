// Command stockhost is a host of RPC plugins with none of this project's code in it:
// Benthos' command line with the flag --rpc-plugins, and behind that flag the code
// that redpanda-connect has there. redpanda-connect itself takes minutes to link.
// Proofs build and run it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/redpanda-data/connect/v4/public/plugin/go/rpcnloader"
)

func main() {
	const flag = "rpc-plugins"
	code, err := service.RunCLIToCode(context.Background(), service.CLIOptCustomRunFlags(
		[]cli.Flag{&cli.StringSliceFlag{Name: flag, Usage: "Manifests of plugins to load"}},
		func(c *cli.Context) error {
			return rpcnloader.DiscoverAndRegisterPlugins(service.OSFS(), service.GlobalEnvironment(), c.StringSlice(flag))
		},
	))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}
