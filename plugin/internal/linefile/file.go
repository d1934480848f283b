package linefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Permissions of what is created, whatever the umask. What exists keeps its own.
const (
	filePerm      fs.FileMode = 0o600
	directoryPerm fs.FileMode = 0o700
)

// How long an append waits for the lock that another one holds, and how often it asks.
const (
	lockPatience = 10 * time.Second
	lockInterval = 10 * time.Millisecond
)

var (
	// ErrFull is returned for lines that do not fit within [Options].Limit.
	ErrFull = errors.New("no room left in the file")
	// ErrNotRegular is returned where the path leads to a directory, a device or the like.
	ErrNotRegular = errors.New("not a regular file")
	// ErrLink is returned for a symbolic link in a folder that other users can write to.
	ErrLink = errors.New("a symbolic link in a folder that other users can write to")
	// ErrLocked is returned where another process holds the lock and does not release it.
	ErrLocked = errors.New("locked by another process")
)

// Options of a file. The zero value is a file that grows without end.
type Options struct {
	// Limit is the size in bytes beyond which Append fails with ErrFull. 0 means none.
	Limit int64
	// RotateBytes is the size in bytes beyond which the file is renamed and a new one
	// begun. 0 means none. Lines that are larger than that have a file to themselves.
	RotateBytes int64
	// RotateDaily renames a file whose last line was written on an earlier day (UTC).
	RotateDaily bool
	// Removed is called with the size of each unfinished line that was removed, unless
	// it is nil.
	Removed func(bytes int64)
}

// A File is appended to by name: it is opened for each append and closed after it, so
// that it may be renamed or removed at any time. Its methods may be called concurrently.
type File struct {
	path    string // absolute
	options Options
	now     func() time.Time
	open    func(path string) (handle, error)
}

// A handle is an *os.File, or what a test puts in its place.
type handle interface {
	io.ReaderAt
	io.Writer
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
	Chmod(mode fs.FileMode) error
	Fd() uintptr
	Close() error
}

// New names a file, which need not exist yet. Nothing is opened.
func New(path string, options Options) *File {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return &File{path: path, options: options, now: time.Now, open: openFile}
}

func openFile(path string) (handle, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|noFollow, filePerm) //nolint:gosec // The path is configured.
	if err != nil {
		return nil, err // a nil *os.File in an interface is not nil
	}
	return asHandle(file), nil
}

// Append appends lines, each with its line break, all of them or none. They are on the
// disk, in the file of that name, when it returns nil. After an error the file is as it
// was before. Without lines it creates the file, repairs its end and rotates it.
//
// Lines may be in a file twice where it is renamed at the moment of the append: whoever
// renamed it may have read it before they were written, so they are written to the new
// file as well.
func (f *File) Append(ctx context.Context, lines []byte) error {
	for {
		again, err := f.append(ctx, lines)
		if err != nil || !again {
			return err
		}
	}
}

// append is one attempt. It asks for another one where the name leads to another file
// than the one that it has opened.
func (f *File) append(ctx context.Context, lines []byte) (again bool, err error) {
	path, err := resolve(f.path)
	if err != nil {
		return false, err
	}
	if err := makeDirectories(filepath.Dir(path)); err != nil {
		return false, err
	}
	file, err := f.open(path)
	if err != nil {
		return false, err
	}
	defer func() {
		if closed := file.Close(); err == nil && closed != nil && !errors.Is(closed, os.ErrClosed) {
			err = closed
		}
	}()
	info, err := prepare(file, path)
	if err != nil {
		return false, err
	}
	unlock, err := waitLock(ctx, file, path)
	if err != nil {
		return false, err
	}
	defer unlock()
	if moved, err := hasMoved(file, path); err != nil || moved {
		return moved, err
	}
	// As it was before the repair, which counts as a modification.
	written := info.ModTime()
	end, err := f.repair(file, lines)
	if err != nil {
		return false, err
	}
	if f.isDue(end, written, len(lines)) {
		return true, f.rotate(file, path, end, written)
	}
	if err := f.write(file, end, lines); err != nil {
		return false, err
	}
	if end.size == 0 {
		if err := syncDirectory(filepath.Dir(path)); err != nil {
			return false, err
		}
	}
	return hasMoved(file, path)
}

// prepare refuses what is not a regular file, and gives a file that was created just now
// the permissions that the umask took from it.
func prepare(file handle, path string) (fs.FileInfo, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if perm := info.Mode().Perm(); info.Size() == 0 && perm&filePerm != filePerm {
		return info, file.Chmod(perm | filePerm)
	}
	return info, nil
}

// waitLock returns what releases the lock, beside the closing of the file.
func waitLock(ctx context.Context, file handle, path string) (unlock func(), err error) {
	for deadline := time.Now().Add(lockPatience); ; {
		unlock, taken, err := tryLock(file.Fd(), path)
		switch {
		case err != nil:
			return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
		case taken:
			return unlock, nil
		case time.Now().After(deadline):
			return nil, &fs.PathError{Op: "lock", Path: path, Err: ErrLocked}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the lock of %s: %w", path, ctx.Err())
		case <-time.After(lockInterval):
		}
	}
}

// hasMoved reports whether the path leads to another file than this one, or to none.
func hasMoved(file handle, path string) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	}
	return !os.SameFile(opened, named), nil
}

// write appends lines to a file that is locked. Where that fails, it removes what was
// written of them, unless somebody without the lock has written after it.
func (f *File) write(file handle, end end, lines []byte) error {
	if end.open {
		lines = append([]byte{'\n'}, lines...)
	}
	if f.options.Limit > 0 && end.size+int64(len(lines)) > f.options.Limit {
		return ErrFull
	}
	if len(lines) == 0 {
		return nil
	}
	written, err := file.Write(lines)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		return nil
	}
	if info, statErr := file.Stat(); statErr == nil && info.Size() == end.size+int64(written) {
		// Where this fails, the next append repairs the end.
		_ = file.Truncate(end.size)
	}
	return err
}
