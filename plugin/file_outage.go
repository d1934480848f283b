package plugin

import (
	"errors"
	"io/fs"
	"syscall"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/linefile"
)

// The pause after the first failure in a row doubles with each further one.
const (
	firstPause = time.Second
	maxPause   = time.Minute
)

// A fileOutage is the state of a file that cannot be written to. The zero value is that
// of one that can.
type fileOutage struct {
	tries int // failures in a row
	cause string
}

// failed counts a failure. changed is set where its cause is another one than before.
func (o *fileOutage) failed(err error) (pause time.Duration, changed bool) {
	pause = maxPause
	if o.tries < 6 { // 1, 2, 4, 8, 16 and 32 seconds
		pause = firstPause << o.tries
	}
	cause := fileCause(err)
	changed = o.tries == 0 || cause != o.cause
	o.tries++
	o.cause = cause
	return pause, changed
}

// ended returns how many failures there were, 0 where there was no outage.
func (o *fileOutage) ended() (tries int) {
	tries = o.tries
	*o = fileOutage{}
	return tries
}

// fileCause is the innermost error: one failure may show at several operations.
func fileCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// fileAdvice is what a person can do about a file that cannot be written to.
func fileAdvice(err error) string {
	for _, known := range []struct {
		err    error
		advice string
	}{
		{linefile.ErrLink, "write the path of the file itself, or use a folder that only this user can write to"},
		{linefile.ErrNotRegular, "write the path of a file, not that of a directory or a device"},
		{linefile.ErrLocked, "stop the other process, or give each a file of its own"},
		{syscall.ENOSPC, "make room on the disk of the file"},
		{syscall.EDQUOT, "raise the quota, or make room within it"},
		{syscall.EISDIR, "write the path of a file, not that of a directory"},
		{syscall.ENOTDIR, "write a path whose folders are directories"},
		{syscall.EROFS, "mount the file system writable, or choose another folder"},
		{fs.ErrPermission, "let the user that this process runs as write to the file, and to its folder"},
	} {
		if errors.Is(err, known.err) {
			return known.advice
		}
	}
	return "look at the disk and the folder of the file"
}
