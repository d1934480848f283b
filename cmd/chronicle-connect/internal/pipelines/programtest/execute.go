package programtest

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

// Main runs a package's tests, or is the program where Command or a deployment has
// started it to be that. A package that runs the program calls it in TestMain, and
// imports what the program is to link.
func Main(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		announceReadiness()
		os.Exit(program.Run(context.Background(), os.Args, program.Build{}))
	}
	code := m.Run()
	removeStockHost()
	os.Exit(code)
}

// Command is the program with some arguments, for a process of its own that ctx
// ends.
func Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	return command
}

// Execute runs the program until it ends by itself.
func Execute(t *testing.T, args ...string) (exitCode int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := Command(ctx, args...)
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.True(t, exit.Exited(), "killed after a minute; it printed:\n%s%s", &out, &errs)
	}
	return command.ProcessState.ExitCode(), out.String(), errs.String()
}
