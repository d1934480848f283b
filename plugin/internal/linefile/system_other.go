//go:build !unix

package linefile

import (
	"os"
	"sync"
)

// noFollow is for systems whose folders are not shared by users as those of Unix are.
const noFollow = 0

// renamesOpen says that a file may be renamed while it is open.
const renamesOpen = false

// An appended file is one that was opened to append, which Windows does not allow to be
// truncated.
type appended struct{ *os.File }

// Truncate implements handle.
func (f appended) Truncate(size int64) error { return os.Truncate(f.Name(), size) }

func asHandle(file *os.File) handle { return appended{file} }

// locks are those of this process, a *sync.Mutex by path.
var locks sync.Map

// tryLock takes the lock of a path among the files of this process: there are no locks
// between processes here.
func tryLock(_ uintptr, path string) (unlock func(), taken bool, err error) {
	value, _ := locks.LoadOrStore(path, new(sync.Mutex))
	lock := value.(*sync.Mutex)
	if !lock.TryLock() {
		return nil, false, nil
	}
	return lock.Unlock, true, nil
}

func isShared(string) (bool, error) { return false, nil }

// syncDirectory has no counterpart here.
func syncDirectory(string) error { return nil }
