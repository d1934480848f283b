//go:build unix

package linefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// What is created is for this user alone, whatever the umask; what exists is taken as it
// is.
func TestPermissions(t *testing.T) {
	for _, mask := range []int{0o000, 0o022, 0o077, 0o277} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a", "b", "lines")
		func() {
			defer syscall.Umask(syscall.Umask(mask))
			require.NoError(t, New(path, Options{}).Append(t.Context(), []byte("{}\n")))
		}()
		for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700, filepath.Join(dir, "a"): 0o700} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			require.Equal(t, want, info.Mode().Perm(), "%s with umask %o", name, mask)
		}
		require.NoError(t, os.Chmod(path, 0o640))
		require.NoError(t, os.Chmod(filepath.Dir(path), 0o750))
		require.NoError(t, New(path, Options{}).Append(t.Context(), []byte("{}\n")))
		for name, want := range map[string]fs.FileMode{path: 0o640, filepath.Dir(path): 0o750} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			require.Equal(t, want, info.Mode().Perm(), name)
		}
		require.Equal(t, "{}\n{}\n", read(t, path))
	}
}

// A last line without a line break is removed where an interrupted write may have left
// it, and gets a line break where it is somebody else's.
func TestUnfinishedLine(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	for _, test := range []struct {
		before, append, want string
		removed              int
	}{
		{"", "{}\n", "{}\n", 0},
		{"{}\n", "{}\n", "{}\n{}\n", 0},
		{`{"id":"de_`, "{}\n", "{}\n", 10},
		{"{}\n" + `{"id":"de_`, "{}\n", "{}\n{}\n", 10},
		{"{}\n" + `{"id":"` + long, "{}\n", "{}\n{}\n", 7 + len(long)},
		{"{}\n{", "{}\n", "{}\n{}\n", 1},
		{"{}\n\x00\x00\x00", "{}\n", "{}\n{}\n", 3},
		{`{"id":1}`, "{}\n", `{"id":1}` + "\n{}\n", 0},
		{`{"id":[1,{}]} `, "{}\n", `{"id":[1,{}]} ` + "\n{}\n", 0},
		{`{"id":1}{`, "{}\n", "{}\n", 9},
		{`{"id" 1}`, "{}\n", "{}\n", 8},
		{`{"id":"` + long + `"}`, "{}\n", `{"id":"` + long + `"}` + "\n{}\n", 0},
		{"CEF:0|a", "CEF:0|b\n", "CEF:0|b\n", 7},
		{"notes of mine", "{}\n", "notes of mine\n{}\n", 0},
		{"a\nnotes of mine", "{}\n", "a\nnotes of mine\n{}\n", 0},
		// Without lines, as at a start.
		{"{}\n{", "", "{}\n", 1},
		{"{}\n{}", "", "{}\n{}\n", 0},
		{"", "", "", 0},
	} {
		path := filepath.Join(t.TempDir(), "lines")
		require.NoError(t, os.WriteFile(path, []byte(test.before), 0o600))
		var removed int64
		file := New(path, Options{Removed: func(bytes int64) { removed += bytes }})
		require.NoError(t, file.Append(t.Context(), []byte(test.append)))
		require.Equal(t, test.want, read(t, path), "%.40q and %q", test.before, test.append)
		require.EqualValues(t, test.removed, removed, "%.40q and %q", test.before, test.append)
	}
}

// A faulty file fails after so many bytes were written to it, or synced.
type faulty struct {
	handle
	writes     *int // bytes that may be written yet
	syncFails  bool
	trimFails  bool
	closeFails bool
}

func (f *faulty) Write(p []byte) (int, error) {
	if len(p) <= *f.writes {
		*f.writes -= len(p)
		return f.handle.Write(p)
	}
	n, err := f.handle.Write(p[:*f.writes])
	*f.writes = 0
	return n, errors.Join(err, syscall.ENOSPC)
}

func (f *faulty) Sync() error {
	if f.syncFails {
		return syscall.EIO
	}
	return f.handle.Sync()
}

func (f *faulty) Truncate(size int64) error {
	if f.trimFails {
		return syscall.EIO
	}
	return f.handle.Truncate(size)
}

func (f *faulty) Close() error {
	err := f.handle.Close()
	if f.closeFails {
		return syscall.EDQUOT
	}
	return err
}

func (f *File) through(wrap func(handle) handle) {
	f.open = func(path string) (handle, error) {
		file, err := openFile(path)
		if err != nil {
			return nil, err
		}
		return wrap(file), nil
	}
}

// Wherever a write stops, the file is as it was before, and the next append is whole.
func TestDiskFull(t *testing.T) {
	const before, lines = "{\"n\":0}\n", "{\"n\":1}\n{\"n\":2}\n"
	for _, trimFails := range []bool{false, true} {
		for room := range len(lines) {
			path := filepath.Join(t.TempDir(), "lines")
			file := New(path, Options{})
			require.NoError(t, file.Append(t.Context(), []byte(before)))
			left := room
			file.through(func(h handle) handle { return &faulty{handle: h, writes: &left, trimFails: trimFails} })
			require.ErrorIs(t, file.Append(t.Context(), []byte(lines)), syscall.ENOSPC)
			if !trimFails {
				require.Equal(t, before, read(t, path))
			}

			file.open = openFile
			require.NoError(t, file.Append(t.Context(), []byte(lines)))
			if !trimFails {
				require.Equal(t, before+lines, read(t, path))
				continue
			}
			text := read(t, path)
			require.True(t, strings.HasPrefix(text, before) && strings.HasSuffix(text, lines), text)
			for line := range strings.Lines(text) {
				require.Regexp(t, `^\{"n":\d\}\n$`, line, "room for %d bytes", room)
			}
		}
	}
}

// What did not reach the disk is written again: after a sync that failed, the next one
// may succeed without having written anything.
func TestSyncFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	file := New(path, Options{})
	left := 1 << 20
	file.through(func(h handle) handle { return &faulty{handle: h, writes: &left, syncFails: true} })
	require.ErrorIs(t, file.Append(t.Context(), []byte("{}\n")), syscall.EIO)
	require.Empty(t, read(t, path))
	file.through(func(h handle) handle { return &faulty{handle: h, writes: &left, closeFails: true} })
	require.ErrorIs(t, file.Append(t.Context(), []byte("{}\n")), syscall.EDQUOT)
}

// A folder or file that disappears is made again.
func TestRemovedWhileRunning(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "lines")
	file := New(path, Options{})
	require.NoError(t, file.Append(t.Context(), []byte("1\n")))
	require.NoError(t, os.Remove(path))
	require.NoError(t, file.Append(t.Context(), []byte("2\n")))
	require.Equal(t, "2\n", read(t, path))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "a")))
	require.NoError(t, file.Append(t.Context(), []byte("3\n")))
	require.Equal(t, "3\n", read(t, path))
}

// What the path must not lead to is named.
func TestWrongPaths(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	require.NoError(t, os.WriteFile(plain, nil, 0o600))
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for path, want := range map[string]error{
		dir:                         syscall.EISDIR,
		filepath.Join(plain, "x"):   syscall.ENOTDIR,
		pipe:                        ErrNotRegular,
		"/dev/null":                 ErrNotRegular,
		filepath.Join(dir, "a\x00"): syscall.EINVAL,
	} {
		err := New(path, Options{}).Append(t.Context(), []byte("{}\n"))
		require.ErrorIs(t, err, want, path)
	}
}

// Links are followed, but for those that another user can put there.
func TestLinks(t *testing.T) {
	own, shared, target := t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, os.Chmod(shared, 0o777))
	for _, dir := range []string{own, shared} {
		require.NoError(t, os.Symlink(filepath.Join(target, "lines"), filepath.Join(dir, "file")))
		require.NoError(t, os.Symlink(target, filepath.Join(dir, "folder")))
	}
	require.NoError(t, os.Symlink(filepath.Join(shared, "folder"), filepath.Join(own, "further")))
	require.NoError(t, os.Symlink("loop", filepath.Join(own, "loop")))
	for path, refused := range map[string]bool{
		filepath.Join(own, "file"):             false,
		filepath.Join(own, "folder", "lines"):  false,
		filepath.Join(shared, "lines"):         false,
		filepath.Join(shared, "file"):          true,
		filepath.Join(shared, "folder", "x"):   true,
		filepath.Join(own, "further", "lines"): true,
	} {
		err := New(path, Options{}).Append(t.Context(), []byte("{}\n"))
		if refused {
			require.ErrorIs(t, err, ErrLink, path)
			continue
		}
		require.NoError(t, err, path)
	}
	require.Equal(t, "{}\n{}\n", read(t, filepath.Join(target, "lines")), "by the link, and by the folder")
	require.ErrorContains(t, New(filepath.Join(own, "loop"), Options{}).Append(t.Context(), nil), "too many symbolic links")
}

// Appends to one file wait for each other, and not without end.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	held, err := openFile(path)
	require.NoError(t, err)
	unlock, taken, err := tryLock(held.Fd(), path)
	require.NoError(t, err)
	require.True(t, taken)
	ctx, cancel := context.WithCancel(t.Context())
	appended := make(chan error, 1)
	go func() { appended <- New(path, Options{}).Append(ctx, []byte("{}\n")) }()
	cancel()
	require.ErrorIs(t, <-appended, context.Canceled)
	require.Empty(t, read(t, path))
	unlock()
	require.NoError(t, held.Close())
	require.NoError(t, New(path, Options{}).Append(t.Context(), []byte("{}\n")))
}

// Several files of one path, whatever it is called.
func TestConcurrentAppends(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	var all sync.WaitGroup
	line := strings.Repeat("x", 5000) + "\n"
	for _, path := range []string{"lines", "./lines", filepath.Join(dir, "lines")} {
		file := New(path, Options{})
		all.Go(func() {
			for range 20 {
				if err := file.Append(t.Context(), []byte(line)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, strings.Repeat(line, 60), read(t, "lines"))
}

// The file is renamed before it gets too large, and no renamed file is overwritten.
func TestRotateBySize(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lines.jsonl")
	file := New(path, Options{RotateBytes: 20})
	large := strings.Repeat("x", 30) + "\n"
	for i := range 10 {
		require.NoError(t, file.Append(t.Context(), fmt.Appendf(nil, "line %d\n", i)))
	}
	require.NoError(t, file.Append(t.Context(), []byte(large)))
	require.NoError(t, file.Append(t.Context(), []byte("end\n")))
	require.Equal(t, "end\n", read(t, path))
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, names, 7)
	var all []byte
	for _, name := range names {
		text := read(t, name)
		require.True(t, len(text) <= 20 || text == large, text)
		require.Regexp(t, `/lines(-\d{8}T\d{6}Z(-\d+)?)?\.jsonl$`, name)
		all = append(all, text...)
	}
	require.Equal(t, 12, bytes.Count(all, []byte("\n")))
}

// A file of an earlier day is renamed before the next line, and repaired before that.
func TestRotateDaily(t *testing.T) {
	for before, want := range map[string]string{"{}\n": "{}\n", "{}": "{}\n", "{}\n{": "{}\n"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "lines.jsonl")
		now := time.Date(2026, 12, 2, 0, 0, 1, 0, time.UTC)
		file := New(path, Options{RotateDaily: true})
		file.now = func() time.Time { return now }
		require.NoError(t, os.WriteFile(path, []byte(before), 0o600))
		require.NoError(t, os.Chtimes(path, now, now))
		require.NoError(t, file.Append(t.Context(), []byte("{}\n")))
		require.Len(t, glob(t, dir), 1, "of the same day")

		require.NoError(t, os.WriteFile(path, []byte(before), 0o600))
		require.NoError(t, os.Chtimes(path, now.Add(-2*time.Second), now.Add(-2*time.Second)))
		require.NoError(t, file.Append(t.Context(), nil), "as at a start")
		require.NoError(t, file.Append(t.Context(), []byte(`{"n":1}`+"\n")))
		require.Len(t, glob(t, dir), 2)
		require.Equal(t, want, read(t, filepath.Join(dir, "lines-20261201T235959Z.jsonl")))
		require.Equal(t, `{"n":1}`+"\n", read(t, path))
	}
}

func glob(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	return names
}

// A file may be renamed at any time, and whoever renames it may read it at once: each
// line is in one of the files.
func TestRenamedByOthers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lines")
	file := New(path, Options{})
	const count = 300
	written := make(chan error, 1)
	go func() {
		for i := range count {
			if err := file.Append(context.Background(), fmt.Appendf(nil, "%d\n", i)); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	seen := make(map[int]bool)
	aside := filepath.Join(dir, "aside")
	for done := false; !done; {
		select {
		case err := <-written:
			require.NoError(t, err)
			done = true
		default:
		}
		if os.Rename(path, aside) == nil {
			for line := range strings.Lines(read(t, aside)) {
				n, err := strconv.Atoi(strings.TrimSuffix(line, "\n"))
				require.NoError(t, err)
				seen[n] = true
			}
			require.NoError(t, os.Remove(aside))
		}
	}
	require.Len(t, seen, count)
}
