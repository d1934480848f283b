//go:build unix

package position

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	// processDir makes the test binary another process that uses that directory.
	processDir = "CHRONICLE_TEST_DIRECTORY"
	// processUser makes it a user without rights.
	processUser = "CHRONICLE_TEST_NOBODY"
	nobody      = 65534
)

// TestMain makes the test binary the other process where it is asked to be: it says
// how it fared, and holds what it has until its input ends.
func TestMain(m *testing.M) {
	dir := os.Getenv(processDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if os.Getenv(processUser) != "" {
		if err := syscall.Setuid(nobody); err != nil {
			panic(err)
		}
	}
	s := NewDirectoryStore(NewDirectory(dir), "k")
	err := s.Open(context.Background())
	if err == nil {
		_, _, err = s.Load(context.Background())
	}
	fmt.Println(err)
	_, _ = io.ReadAll(os.Stdin)
	s.Close()
}

// otherProcess starts another process on a directory. It returns what that says, which
// is "<nil>" where it has the position, and what ends it.
func otherProcess(t *testing.T, dir string, env ...string) (said string, other *exec.Cmd, end func()) {
	t.Helper()
	other = exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(append(os.Environ(), processDir+"="+dir), env...)
	input, err := other.StdinPipe()
	require.NoError(t, err)
	output, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	said, err = bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(said), other, func() {
		require.NoError(t, input.Close())
		require.NoError(t, other.Wait())
	}
}

// inAnotherProcess is what another process says that wants the position, nil where it
// gets it.
func inAnotherProcess(t *testing.T, dir string) error {
	t.Helper()
	said, _, end := otherProcess(t, dir)
	end()
	switch {
	case said == fmt.Sprint(nil):
		return nil
	case strings.HasSuffix(said, ErrLocked.Error()):
		return fmt.Errorf("%w (%s)", ErrLocked, said)
	}
	return errors.New(said)
}

// A process that has the position keeps others from it, and leaves nothing in the way
// when it is killed.
func TestDirectoryOfAKilledProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	said, other, _ := otherProcess(t, dir)
	require.Equal(t, fmt.Sprint(nil), said)
	s := NewDirectoryStore(NewDirectory(dir), "k")
	err := s.Open(t.Context())
	require.EqualError(t, err, "locking the position in the directory "+dir+": lock "+filepath.Join(dir, "k.lock")+": "+ErrLocked.Error())
	var failed *CacheError
	require.ErrorAs(t, err, &failed)
	require.True(t, failed.IsFinal())

	require.NoError(t, other.Process.Kill())
	require.Error(t, other.Wait())
	require.NoError(t, s.Open(t.Context()))
	s.Close()
}

// What this user may not read is an error, not a position that is missing.
func TestDirectoryOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("it takes root to become another user")
	}
	for name, test := range map[string]struct {
		directory, file fs.FileMode
		want            string
	}{
		"the file":      {0o777, 0o600, "reading the position in the directory"},
		"the directory": {0o700, 0o644, "locking the position in the directory"},
		"writing":       {0o755, 0o644, "locking the position in the directory"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "k"), []byte(encoded(t, t1)), test.file))
			require.NoError(t, os.Chmod(dir, test.directory))
			said, _, end := otherProcess(t, dir, processUser+"=1")
			end()
			require.Contains(t, said, test.want)
			require.Contains(t, said, "permission denied")
			denied := &CacheError{Doing: "reading", Directory: true, Err: &fs.PathError{Err: syscall.EACCES}}
			require.True(t, denied.IsFinal())
		})
	}
}

// A pipe in the place of the file does not hold the start up.
func TestDirectoryWithAPipe(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "k"), 0o600))
	s := openStore(t, dir)
	_, _, err := s.Load(t.Context())
	require.ErrorIs(t, err, errNotRegular)
}
