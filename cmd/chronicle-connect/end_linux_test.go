package main

import (
	"os/exec"
	"syscall"
)

// endWithParent ends a server even where the test can't, because it is itself
// killed or panics after its timeout.
func endWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
