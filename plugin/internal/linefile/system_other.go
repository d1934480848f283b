//go:build !unix

package linefile

import "sync"

// noFollow is for systems whose folders are not shared by users as those of Unix are.
const noFollow = 0

// renamesOpen says that a file may be renamed while it is open.
const renamesOpen = false

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
