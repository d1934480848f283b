package redeliver

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// A line is one of a file of refused messages.
type line struct {
	offset int64
	text   []byte // without the line break
	// torn is the last line of a file that has no line break behind it.
	torn bool
}

// hash tells a line from one of another file at the same place.
func (l *line) hash() uint64 {
	sum := sha256.Sum256(l.text)
	return binary.BigEndian.Uint64(sum[:8])
}

// eachLine calls do for every line of a file that is not blank, until do returns an
// error, which is returned. The file need not be as long as it was the last time.
func eachLine(path string, do func(*line) error) (size int64, err error) {
	file, err := os.Open(path) //nolint:gosec // Which file it is, is the user's to say.
	if err != nil {
		return 0, fmt.Errorf("opening the refused messages: %w", err)
	}
	defer file.Close()
	lines := newLineReader(file)
	for {
		next, err := lines.next()
		if errors.Is(err, io.EOF) {
			return lines.offset, nil
		}
		if err != nil {
			return lines.offset, err
		}
		if err := do(next); err != nil {
			return lines.offset, err
		}
	}
}

// A lineReader reads the lines of a file that are not blank.
type lineReader struct {
	reader *bufio.Reader
	offset int64 // of the next line
}

func newLineReader(from io.Reader) *lineReader {
	return &lineReader{reader: bufio.NewReaderSize(from, 1<<16)}
}

// next returns io.EOF behind the last line.
func (r *lineReader) next() (*line, error) {
	for {
		text, err := r.reader.ReadBytes('\n')
		found := &line{offset: r.offset}
		r.offset += int64(len(text))
		found.text, found.torn = bytes.TrimSuffix(text, []byte("\n")), !bytes.HasSuffix(text, []byte("\n"))
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("reading the refused messages: %w", err)
		case len(bytes.TrimSpace(text)) > 0:
			return found, nil
		case err != nil:
			return nil, io.EOF
		}
	}
}
