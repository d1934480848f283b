package refused

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A File is appended to, a record a line, up to a size. Files of the same path in a
// process take turns.
//
// It is opened for each append and closed behind it, so that people may move it away
// at any time.
type File struct {
	path string
	max  int64 // its most bytes
	turn *sync.Mutex
}

// turns are those of the files of this process, a *sync.Mutex by path.
var turns sync.Map

// NewFile names a file, which need not exist yet.
func NewFile(path string, maxBytes int64) *File {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	turn, _ := turns.LoadOrStore(path, new(sync.Mutex))
	return &File{path: path, max: maxBytes, turn: turn.(*sync.Mutex)}
}

// A FullError says that records don't fit into a file any more.
type FullError struct {
	Path string
	Max  int64
}

// Error implements error.
func (e *FullError) Error() string {
	return fmt.Sprintf("%s has no room left in the %d bytes that max_bytes allows: look at why so much is refused, then move the file away", e.Path, e.Max)
}

// Append writes the records behind what is there, all of them or none. They are on
// the disk, and in the file of that name, when it returns nil.
func (f *File) Append(records []Record) error {
	var lines []byte
	for _, record := range records {
		line, err := record.line()
		if err != nil {
			return err
		}
		lines = append(lines, line...)
	}
	return f.AppendLines(lines)
}

// AppendLines is Append for lines that are written already, each with its line break.
func (f *File) AppendLines(lines []byte) error {
	f.turn.Lock()
	defer f.turn.Unlock()
	for {
		moved, err := f.append(lines)
		if err != nil || !moved {
			return err
		}
	}
}

// append is called with the file's turn. What it writes may be moved away before it is
// written: whoever moved the file may have read it by then, so the lines have to be
// written again, to the new file.
func (f *File) append(lines []byte) (moved bool, err error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o750); err != nil {
		return false, fmt.Errorf("creating the directory of refused messages: %w", err)
	}
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return false, fmt.Errorf("opening the file of refused messages: %w", err)
	}
	defer func() {
		if closed := file.Close(); err == nil && closed != nil {
			err = fmt.Errorf("closing the file of refused messages: %w", closed)
		}
	}()
	if err := f.appendTo(file, lines); err != nil {
		return false, err
	}
	return f.hasMoved(file)
}

// hasMoved says whether the path leads to another file than this one by now, or to
// none.
func (f *File) hasMoved(file *os.File) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, fmt.Errorf("looking at the file of refused messages: %w", err)
	}
	named, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("looking for the file of refused messages: %w", err)
	}
	return !os.SameFile(opened, named), nil
}

// appendTo is called with the file's turn.
func (f *File) appendTo(file *os.File, lines []byte) error {
	size, broken, err := End(file)
	if err != nil {
		return fmt.Errorf("looking at the end of the file of refused messages: %w", err)
	}
	if broken {
		// A line of an earlier process that broke off must not take this one along.
		lines = append([]byte{'\n'}, lines...)
	}
	if size+int64(len(lines)) > f.max {
		return &FullError{f.path, f.max}
	}
	written, err := file.Write(lines)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		// What was written comes again. It is cut off, unless somebody else has
		// written behind it; the next append copes with it where that fails.
		if now, _, endErr := End(file); endErr == nil && now == size+int64(written) {
			_ = file.Truncate(size)
		}
		return fmt.Errorf("writing to the file of refused messages: %w", err)
	}
	return nil
}

// End is the size of a file of lines, and whether the last one broke off. Errors are the
// system's own.
func End(file *os.File) (size int64, broken bool, err error) {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return 0, false, err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil {
		return 0, false, err
	}
	return info.Size(), last[0] != '\n', nil
}
