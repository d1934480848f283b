//go:build unix

package position

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

// openStore is a store whose lock the test holds until it ends.
func openStore(t *testing.T, path string) *Store {
	t.Helper()
	s := NewDirectoryStore(NewDirectory(path), "k")
	t.Cleanup(s.Close)
	require.NoError(t, s.Open(t.Context()))
	return s
}

// The file has the name of the key and is readable by this user alone; nothing but
// the lock is beside it, whatever an earlier process left.
func TestDirectoryStores(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	for _, name := range []string{"k.123.tmp", "k.more.tmp", "kk.1.tmp"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	s := openStore(t, dir)
	for _, at := range []string{t1, t2} {
		require.NoError(t, s.Save(t.Context(), Position{ContinuationTime: at}))
		content, err := os.ReadFile(filepath.Join(dir, "k"))
		require.NoError(t, err)
		require.Equal(t, encoded(t, at), string(content))
	}
	require.Equal(t, []string{"k", "k.lock", "k.more.tmp", "kk.1.tmp"}, names(t, dir))
	info, err := os.Stat(filepath.Join(dir, "k"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	p, fromSpare, err := NewDirectoryStore(NewDirectory(dir), "k").Load(t.Context())
	require.NoError(t, err)
	require.False(t, fromSpare)
	require.Equal(t, t2, p.StartTime())
}

// A directory that is missing is created for this user alone, before the first
// position and also later, with a lock that holds.
func TestDirectoryIsCreated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := openStore(t, dir)
	for range 2 {
		p, _, err := s.Load(t.Context())
		require.NoError(t, err)
		require.Zero(t, p)
		require.NoError(t, s.Probe(t.Context()))
		require.NoError(t, s.Save(t.Context(), Position{ContinuationTime: t1}))
		for _, path := range []string{dir, filepath.Dir(dir)} {
			info, err := os.Stat(path)
			require.NoError(t, err)
			require.Equal(t, os.ModeDir|0o700, info.Mode())
		}
		require.ErrorIs(t, inAnotherProcess(t, dir), ErrLocked)
		require.NoError(t, os.RemoveAll(filepath.Dir(dir)))
	}
}

// One that exists is taken as it is.
func TestDirectoryKeepsPermissions(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, openStore(t, dir).Save(t.Context(), Position{ContinuationTime: t1}))
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.ModeDir|0o755, info.Mode())
}

// What cannot be read is never taken for a position that is missing.
func TestDirectoryRefusesToRead(t *testing.T) {
	for name, test := range map[string]struct {
		make  func(t *testing.T, file string) error
		want  string
		final bool
	}{
		"empty": {func(_ *testing.T, file string) error { return os.WriteFile(file, nil, 0o600) }, `got "", want JSON`, false},
		"half": {
			func(t *testing.T, file string) error {
				return os.WriteFile(file, []byte(encoded(t, t1)[:20]), 0o600)
			}, "want JSON", false,
		},
		"a directory": {func(_ *testing.T, file string) error { return os.Mkdir(file, 0o700) }, "not a regular file", true},
		"a link": {
			func(t *testing.T, file string) error {
				target := filepath.Join(t.TempDir(), "target")
				require.NoError(t, os.WriteFile(target, []byte(encoded(t, t1)), 0o600))
				return os.Symlink(target, file)
			}, "too many levels of symbolic links", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, test.make(t, filepath.Join(dir, "k")))
			s := openStore(t, dir)
			_, _, err := s.Load(t.Context())
			require.ErrorContains(t, err, "reading the position in the directory "+dir+": ")
			require.ErrorContains(t, err, test.want)
			var failed *CacheError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, test.final, failed.IsFinal())
		})
	}
}

// A directory that is no directory, and a link in the place of the lock, are said
// before anything is read.
func TestDirectoryRefusesToLock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	linked := t.TempDir()
	require.NoError(t, os.Symlink(file, filepath.Join(linked, "k.lock")))
	for dir, want := range map[string]string{file: "not a directory", filepath.Join(file, "below"): "not a directory", linked: "symbolic links"} {
		err := NewDirectoryStore(NewDirectory(dir), "k").Open(t.Context())
		require.ErrorContains(t, err, "locking the position in the directory "+dir+": ")
		require.ErrorContains(t, err, want)
		var failed *CacheError
		require.ErrorAs(t, err, &failed)
		require.True(t, failed.IsFinal())
	}
}

// However a directory is spelled, it has one identity, whether it exists or not.
func TestDirectoryIdentity(t *testing.T) {
	parent, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	t.Chdir(parent)
	require.NoError(t, os.Mkdir("there", 0o700))
	require.NoError(t, os.Symlink("there", "link"))
	for _, below := range []string{"", "missing", filepath.Join("missing", "too")} {
		want := filepath.Join(parent, "there", below)
		for _, spelled := range []string{want, "there/" + below, "./link/" + below, "link/../there/./" + below, want + "/"} {
			require.Equal(t, want, NewDirectory(spelled).Identity(), spelled)
		}
	}
}

// A key has the lock of its own, which Release gives up.
func TestDirectoryLocks(t *testing.T) {
	dir := t.TempDir()
	d := NewDirectory(dir)
	require.NoError(t, d.Lock("other"))
	require.NoError(t, inAnotherProcess(t, dir))
	d = NewDirectory(dir)
	require.NoError(t, d.Lock("k"))
	require.NoError(t, d.Lock("k"), "what is held is held")
	err := inAnotherProcess(t, dir)
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, "another process")
	d.Release()
	require.NoError(t, inAnotherProcess(t, dir))
	require.ErrorIs(t, d.Set(t.Context(), "k", nil), ErrReleased)
	require.False(t, slices.ContainsFunc(names(t, dir), func(name string) bool { return strings.HasSuffix(name, TempSuffix) }))
}
