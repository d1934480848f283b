//go:build unix

package redeliver

import (
	"errors"
	"os"
	"syscall"
)

// lock takes a file for this process alone, until that ends, whatever ends it.
func lock(file *os.File) (taken bool, err error) {
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
