package position

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// noFollow is nothing: making a symbolic link takes a privilege.
const noFollow = 0

// lock locks a file for this process, until the file is closed or the process ends.
func lock(file *os.File) error {
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	return err
}

// syncDirectory does nothing: a directory cannot be synced.
func syncDirectory(string) error { return nil }
