package rpcplugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"
)

// guardedVariable tells a process that it is the one behind a guard.
const guardedVariable = "CHRONICLE_CONNECT_RPC_PLUGIN_GUARDED"

// guard runs the plugin in a process of its own and ends as that does. A host starts
// a plugin again that has exited, but not one that was killed by a signal, as the
// kernel does when memory is short: that it takes for running, and never starts again. So there is
// a small process between, which exits then.
//
// The two share a pipe on which nothing is ever written: where the guard dies, its
// end of it is closed, and the plugin ends, too.
func guard(ctx context.Context, stdout io.Writer) error {
	ctx = whileParent(ctx)

	// Typed at a terminal, ^C reaches the host as well, which then closes the input
	// in good order. A write to a host that has died is an error like any other.
	signal.Ignore(syscall.SIGINT, syscall.SIGPIPE)
	// A host that died before its id was noted is only missed by its end of a pipe.
	if _, err := io.WriteString(stdout, "level=INFO msg=\"The plugin has started\"\n"); err != nil {
		return fmt.Errorf("%w: %w", errOrphaned, err)
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)

	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the program: %w", err)
	}
	plugin := exec.Command(program, os.Args[1:]...) //nolint:gosec,noctx // Itself; it ends by the pipe.
	plugin.Env = append(os.Environ(), guardedVariable+"=1")
	plugin.Stdout, plugin.Stderr = stdout, os.Stderr
	lifeline, err := plugin.StdinPipe()
	if err != nil {
		return fmt.Errorf("opening the pipe to the plugin: %w", err)
	}
	if err := plugin.Start(); err != nil {
		return fmt.Errorf("starting the plugin: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- plugin.Wait() }()
	for {
		select {
		case <-terminated:
			// It may have ended by now.
			_ = plugin.Process.Signal(syscall.SIGTERM)
		case <-ctx.Done():
			_ = lifeline.Close()
			<-exited //nolint:errcheck // Nobody is left to tell.
			return nil
		case err := <-exited:
			return guardedExit(err)
		}
	}
}

// guardedExit is what the end of the plugin is for a host.
func guardedExit(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return nil
	case ok && exit.Exited():
		return cli.Exit("", exit.ExitCode()) // it has said why
	default:
		return fmt.Errorf("the plugin was ended from outside: %w", err)
	}
}

// whileGuarded returns a context that ends when the guard has.
func whileGuarded(ctx context.Context, lifeline io.Reader) context.Context {
	ctx, orphaned := context.WithCancelCause(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, lifeline)
		orphaned(errOrphaned)
	}()
	return ctx
}
