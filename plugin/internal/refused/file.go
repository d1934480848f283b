package refused

import (
	"context"
	"errors"
	"fmt"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/linefile"
)

// A File is appended to, a record a line, up to a size. People may move it away at any
// time.
type File struct {
	path  string
	max   int64 // its most bytes
	lines *linefile.File
}

// NewFile names a file, which need not exist yet.
func NewFile(path string, maxBytes int64) *File {
	return &File{path: path, max: maxBytes, lines: linefile.New(path, linefile.Options{Limit: maxBytes})}
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
func (f *File) Append(ctx context.Context, records []Record) error {
	var lines []byte
	for _, record := range records {
		line, err := record.line()
		if err != nil {
			return err
		}
		lines = append(lines, line...)
	}
	return f.AppendLines(ctx, lines)
}

// AppendLines is Append for lines that are written already, each with its line break.
func (f *File) AppendLines(ctx context.Context, lines []byte) error {
	err := f.lines.Append(ctx, lines)
	switch {
	case errors.Is(err, linefile.ErrFull):
		return &FullError{f.path, f.max}
	case err != nil:
		return fmt.Errorf("writing to the file of refused messages: %w", err)
	}
	return nil
}
