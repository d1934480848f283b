package position

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"
)

// A CacheError is a failure to read or write the stored position. What failed
// is the cache, not the server.
type CacheError struct {
	// Doing is "reading", "storing" or "locking".
	Doing string
	// Label names the cache, or is the path of the directory.
	Label string
	// Directory says that it is a directory and no cache.
	Directory bool
	// Err is the cache's own, or a *[CorruptError].
	Err error
}

func (e *CacheError) Error() string {
	if e.Directory {
		return fmt.Sprintf("%s the position in the directory %s: %v", e.Doing, e.Label, e.Err)
	}
	return fmt.Sprintf("%s the position in the cache %s: %v", e.Doing, e.Label, e.Err)
}

func (e *CacheError) Unwrap() error { return e.Err }

// IsFinal says whether the cache will not work by itself some day: what a file cache
// says of a key that is no name of a file, and at storing of a folder that is not
// there and of a place where this process may not write. A directory will not where
// this process may not use it, where something else is in its place, and where another
// process has locked the position.
func (e *CacheError) IsFinal() bool {
	final := []error{fs.ErrInvalid, syscall.ENAMETOOLONG, syscall.EINVAL}
	switch {
	case e.Directory:
		final = append(final, ErrLocked, errNotRegular, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR, syscall.EROFS, syscall.ELOOP)
	case e.Doing == "storing":
		final = append(final, fs.ErrNotExist, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR, syscall.EROFS)
	}
	return slices.ContainsFunc(final, func(err error) bool { return errors.Is(e.Err, err) })
}

// A CorruptError says that what is stored under a key is no position.
type CorruptError struct {
	Key string
	Err error
}

func (e *CorruptError) Error() string { return fmt.Sprintf("the value of key %s: %v", e.Key, e.Err) }
func (e *CorruptError) Unwrap() error { return e.Err }
