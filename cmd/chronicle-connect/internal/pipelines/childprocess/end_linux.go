package childprocess

import (
	"os/exec"
	"syscall"
)

// EndWithParent ends a server even where the test can't, because it is itself
// killed or panics after its timeout.
func EndWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
