//go:build unix

package position

import (
	"errors"
	"os"
	"syscall"
)

// noFollow makes opening a symbolic link an error, and opening a pipe return at once.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// lock locks a file for this process, until the file is closed or the process ends.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

// syncDirectory makes a renaming in a directory durable. Some file systems have
// nothing to do for that, and say so.
func syncDirectory(path string) error {
	directory, err := os.Open(path) //nolint:gosec // The path is configured.
	if err != nil {
		return err
	}
	defer directory.Close()
	if err := directory.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
