package position

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Suffixes of the other files that a directory has for a key. No key may end in one.
const (
	LockSuffix = ".lock"
	TempSuffix = ".tmp"
)

// maxFileSize is the most that is read of a file. A position takes some 100 bytes,
// with a page token some 1,000.
const maxFileSize = 1 << 20

var (
	// ErrLocked says that another process holds the lock of a position.
	ErrLocked = errors.New("another process has locked it, and reads from the same position")
	// ErrReleased says that a position was released, which is for good.
	ErrReleased = errors.New("the position has been released")

	errNotRegular = errors.New("not a regular file")
)

// A Directory is a [Cache] that keeps each value in a file whose name is the key.
// A value is replaced in one step, so a crash leaves either the old one or the new
// one. The directory is created whenever it is missing.
//
// A Directory is used for one key, whose lock it holds from Lock to Release: an
// open file that the operating system unlocks when the process ends. Symbolic
// links in place of the files are never followed.
type Directory struct {
	path string

	mu       sync.Mutex // guards what follows, never held across I/O
	lock     *os.File   // nil while the lock is not held
	released bool
}

// NewDirectory returns the directory at a path, without touching it.
func NewDirectory(path string) *Directory { return &Directory{path: absolute(path)} }

// Path is absolute.
func (d *Directory) Path() string { return d.path }

// Identity is the path with symbolic links resolved, as far as it exists: two
// directories with the same identity are one.
func (d *Directory) Identity() string {
	existing, missing := d.path, ""
	for {
		if resolved, err := filepath.EvalSymlinks(existing); err == nil {
			return filepath.Join(resolved, missing)
		}
		parent := filepath.Dir(existing)
		if parent == existing {
			return d.path
		}
		existing, missing = parent, filepath.Join(filepath.Base(existing), missing)
	}
}

// absolute is a path that does not change with the working directory.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// Lock takes the lock of a key for this process, unless it is held already. It
// creates the directory where it is missing. Where the lock file was removed, with
// its directory perhaps, the lock is taken anew. The error is [ErrLocked] where
// another process has it.
func (d *Directory) Lock(key string) error {
	if err := os.MkdirAll(d.path, 0o700); err != nil { //nolint:gosec // The path is configured.
		return err
	}
	path := filepath.Join(d.path, key+LockSuffix)
	if d.holds(path) {
		return nil
	}
	file, err := lockFile(path)
	if err != nil {
		return err
	}
	d.mu.Lock()
	old := d.lock
	if d.released {
		old, err = file, ErrReleased
	} else {
		d.lock = file
	}
	d.mu.Unlock()
	if old != nil {
		_ = old.Close() // nothing was written to it
	}
	if err == nil {
		d.removeTemporary(key)
	}
	return err
}

// holds says whether the lock is held and is still that of the file at path.
func (d *Directory) holds(path string) bool {
	d.mu.Lock()
	held := d.lock
	d.mu.Unlock()
	if held == nil {
		return false
	}
	ours, err := held.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path) //nolint:gosec // The path is configured.
	return err == nil && os.SameFile(ours, there)
}

// lockFile opens and locks the file at a path.
func lockFile(path string) (*os.File, error) {
	for {
		file, err := openRegular(path, os.O_RDWR|os.O_CREATE)
		if err != nil {
			return nil, err
		}
		if err := lock(file); err != nil {
			_ = file.Close() // nothing was written to it
			return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
		}
		ours, err := file.Stat()
		if err != nil {
			_ = file.Close()
			return nil, err
		}
		if there, err := os.Lstat(path); err == nil && os.SameFile(ours, there) { //nolint:gosec // The path is configured.
			return file, nil
		}
		// It was removed between the two: what is locked is no longer at the path.
		_ = file.Close()
	}
}

// Release gives up the lock. Nothing is written from then on.
func (d *Directory) Release() {
	d.mu.Lock()
	held := d.lock
	d.lock, d.released = nil, true
	d.mu.Unlock()
	if held != nil {
		_ = held.Close() // which unlocks it
	}
}

// Get implements [Cache].
func (d *Directory) Get(_ context.Context, key string) ([]byte, error) {
	file, err := openRegular(filepath.Join(d.path, key), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	value, err := io.ReadAll(io.LimitReader(file, maxFileSize))
	if err != nil {
		return nil, err
	}
	return value, nil
}

// Set implements [Cache].
func (d *Directory) Set(_ context.Context, key string, value []byte) (err error) {
	if err := d.Lock(key); err != nil {
		return err
	}
	// Its permissions are 0600.
	file, err := os.CreateTemp(d.path, key+".*"+TempSuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // what is left is removed at the next start
		}
	}()
	_, err = file.Write(value)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := os.Rename(file.Name(), filepath.Join(d.path, key)); err != nil {
		return err
	}
	return syncDirectory(d.path)
}

// Delete implements [Cache].
func (d *Directory) Delete(_ context.Context, key string) error {
	err := os.Remove(filepath.Join(d.path, key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// removeTemporary removes what writes of earlier processes have left.
func (d *Directory) removeTemporary(key string) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return // what is left is in nobody's way
	}
	for _, entry := range entries {
		middle, isOne := strings.CutPrefix(entry.Name(), key+".")
		middle, isTemporary := strings.CutSuffix(middle, TempSuffix)
		if isOne && isTemporary && strings.Trim(middle, "0123456789") == "" {
			_ = os.Remove(filepath.Join(d.path, entry.Name())) //nolint:gosec // The path is configured.
		}
	}
}

// openRegular opens a regular file, which a symbolic link and a pipe are not.
func openRegular(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags|noFollow, 0o600) //nolint:gosec // The path is configured.
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errNotRegular}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}
