package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/program"
)

// asProgram makes the test binary the program itself. Benthos' command line is
// made for a process: some seconds after it has stopped it ends that.
const asProgram = "CHRONICLE_CONNECT_TEST_AS_PROGRAM"

// runTests runs a room's tests, or is the program where execute or a deployment has
// started it to be that.
func runTests(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		announceReadiness()
		os.Exit(program.Run(context.Background(), os.Args, program.Build{}))
	}
	os.Exit(m.Run())
}

// execute runs the program until it ends by itself.
func execute(t *testing.T, args ...string) (exitCode int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.True(t, exit.Exited(), "killed after a minute; it printed:\n%s%s", &out, &errs)
	}
	return command.ProcessState.ExitCode(), out.String(), errs.String()
}
