//go:build unix

package linefile

import (
	"errors"
	"os"
	"syscall"
)

// noFollow makes opening a symbolic link an error.
const noFollow = syscall.O_NOFOLLOW

// renamesOpen says that a file may be renamed while it is open.
const renamesOpen = true

func asHandle(file *os.File) handle { return file }

// tryLock takes the lock of an open file, unless another one of the file has it, of this
// process or another. It ends with the file's closing, or with the process. A file system
// without locks is used without.
func tryLock(descriptor uintptr, _ string) (unlock func(), taken bool, err error) {
	unlock = func() {}
	for {
		err := syscall.Flock(int(descriptor), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return nil, false, nil
		case errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.ENOLCK):
			return unlock, true, nil
		case err != nil:
			return nil, false, err
		}
		return unlock, true, nil
	}
}

// isShared reports whether users other than this one and root can write to a folder.
func isShared(dir string) (bool, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return false, err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return true, nil
	}
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	return owner != 0 && owner != os.Geteuid(), nil
}

// syncDirectory makes what was created or renamed in a folder outlive a loss of power. A
// file system that can't is used as it is.
func syncDirectory(path string) error {
	dir, err := os.Open(path) //nolint:gosec // The path is configured.
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			return nil // a folder that may be written to and not listed
		}
		return err
	}
	defer dir.Close()
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}
