package childprocess

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Start starts a process and keeps what it prints. It is killed with the test, which
// shows the end of its log where it has failed.
func Start(t *testing.T, command *exec.Cmd) *Log {
	t.Helper()
	log := &Log{}
	command.Stdout, command.Stderr = log, log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill() // fails only if it has ended already
		_ = command.Wait()         // likewise
		if t.Failed() {
			t.Log(log.Tail(8 << 10))
		}
	})
	return log
}
