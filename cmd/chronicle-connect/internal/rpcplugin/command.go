package rpcplugin

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"
	"google.golang.org/grpc"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/environment"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin/runtimepb"
)

const (
	// initPatience is how long a host may take for its first call, which it gives up
	// itself before that.
	initPatience = 3 * time.Minute
	// drainPatience is how long a plugin that is told to stop waits for what is in
	// flight: longer than a host's shutdown_timeout.
	drainPatience = 25 * time.Second
)

// Command is the subcommand, which prints to stdout: the manifest, or else its log.
func Command(stdout io.Writer, redactor *redact.Redactor, variables *environment.Variables) *cli.Command {
	return &cli.Command{
		Name:  "rpc-plugin",
		Usage: "Be the input of a stock Redpanda Connect, as an RPC plugin",
		Description: "Started by a host that was given the manifest: redpanda-connect run --rpc-plugins=MANIFEST CONFIG. " +
			"The host configures it and reads from it; nobody types this command but for the manifest.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "manifest", Usage: "print the manifest, for --rpc-plugins"},
		},
		Action: func(c *cli.Context) error {
			if c.Bool("manifest") {
				return printManifest(stdout)
			}
			if os.Getenv(guardedVariable) == "" {
				return guard(c.Context, stdout)
			}
			// The host's environment, which is this one, may hold secrets that end up
			// in the words of a cache. Asked for, they are hidden.
			for _, variable := range os.Environ() {
				name, _, _ := strings.Cut(variable, "=")
				variables.Value(name)
			}
			return serve(c.Context, newHostLog(stdout, redactor))
		},
	}
}

// serve serves a host until that closes the input, or stops this process or the guard
// before it.
func serve(ctx context.Context, log *hostLog) error {
	ctx = whileGuarded(ctx, os.Stdin)
	signal.Ignore(syscall.SIGINT, syscall.SIGPIPE) // as the guard does
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)

	listener, err := listen()
	if err != nil {
		return err
	}
	service := newService(log)
	server := grpc.NewServer()
	runtimepb.RegisterBatchInputServiceServer(server, service)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer server.Stop()

	uncalled := time.NewTimer(initPatience)
	defer uncalled.Stop()
	for {
		select {
		case <-service.closed:
			// The host has its answer, and ends this process.
			select {
			case <-terminated:
			case <-ctx.Done():
			case <-time.After(closePatience):
			}
			return nil
		case <-terminated:
			// A host closes the input before it does this: so it is somebody else, or
			// everybody is told to stop at once.
			drainCtx, cancel := context.WithTimeout(ctx, drainPatience)
			service.drain(drainCtx)
			cancel()
			service.end()
			return nil
		case <-ctx.Done():
			// Nobody is left who could acknowledge anything.
			service.end()
			return nil
		case <-uncalled.C:
			if service.current() == nil {
				return fmt.Errorf("no host has called within %s", initPatience)
			}
		case err := <-served:
			service.end()
			return fmt.Errorf("serving the host: %w", err)
		}
	}
}
