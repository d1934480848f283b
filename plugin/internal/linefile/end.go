package linefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// An end is where the next line goes.
type end struct {
	size int64
	// open is set where the last line has no line break, and is to get one.
	open bool
}

// repair finds the end of a file that is locked. A last line without a line break is
// what an append left behind when its process was killed, or somebody else's:
//
//   - Where it is a whole JSON value, it gets a line break. So does one that begins
//     otherwise than the lines that are to be written: a file of another kind is not
//     cut.
//   - Otherwise it is removed. It was never acknowledged, so it comes again.
func (f *File) repair(file handle, lines []byte) (end, error) {
	info, err := file.Stat()
	if err != nil {
		return end{}, err
	}
	size := info.Size()
	whole, err := endOfLastLine(file, size)
	if err != nil || whole == size {
		return end{size: size}, err
	}
	first := make([]byte, 1)
	if _, err := file.ReadAt(first, whole); err != nil {
		return end{}, err
	}
	if !isOurs(first[0], lines) || isJSON(io.NewSectionReader(file, whole, size-whole)) {
		return end{size: size, open: true}, nil
	}
	if err := file.Truncate(whole); err != nil {
		return end{}, err
	}
	if f.options.Removed != nil {
		f.options.Removed(size - whole)
	}
	return end{size: whole}, nil
}

// isOurs reports whether a line that begins with first may be one of those that are
// appended here. A loss of power may leave zeros where bytes had not reached the disk.
func isOurs(first byte, lines []byte) bool {
	return first == '{' || first == 0 || len(lines) > 0 && first == lines[0]
}

// endOfLastLine is the offset after the last line break, 0 where there is none.
func endOfLastLine(file io.ReaderAt, size int64) (int64, error) {
	block := make([]byte, 1) // as a rule the last byte is a line break
	for size > 0 {
		begin := max(0, size-int64(len(block)))
		part := block[:size-begin]
		if _, err := file.ReadAt(part, begin); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return begin + int64(i) + 1, nil
		}
		size = begin
		block = make([]byte, 64<<10)
	}
	return 0, nil
}

// isJSON reports whether text is one whole JSON value, of any size.
func isJSON(text io.Reader) bool {
	decoder := json.NewDecoder(text)
	decoder.UseNumber()
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			_, err := decoder.Token()
			return errors.Is(err, io.EOF)
		}
	}
}
