package linefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// isDue reports whether the file is to be renamed before so many bytes are appended.
// written is when its last line was.
func (f *File) isDue(end end, written time.Time, bytes int) bool {
	if end.size == 0 {
		return false
	}
	if end.open {
		bytes++
	}
	return f.options.RotateBytes > 0 && end.size+int64(bytes) > f.options.RotateBytes ||
		f.options.RotateDaily && day(written).Before(day(f.now()))
}

// day is the day of a time in UTC.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// rotate renames a file that is locked. Its new name has the time of its last line, so
// it does not change where the rename was late.
func (f *File) rotate(file handle, path string, end end, written time.Time) error {
	if end.open {
		if err := f.write(file, end, nil); err != nil {
			return err
		}
	}
	name, err := rotatedName(path, written)
	if err != nil {
		return err
	}
	if !renamesOpen {
		if err := file.Close(); err != nil {
			return err
		}
	}
	if err := os.Rename(path, name); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// rotatedName is a name that no file has: detections-20261201T235959Z.jsonl, or with a
// number after the time.
func rotatedName(path string, written time.Time) (string, error) {
	extension := filepath.Ext(path)
	stem := strings.TrimSuffix(path, extension) + "-" + written.UTC().Format("20060102T150405Z")
	for i, suffix := 1, ""; ; i++ {
		name := stem + suffix + extension
		_, err := os.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		suffix = fmt.Sprintf("-%d", i)
	}
}
