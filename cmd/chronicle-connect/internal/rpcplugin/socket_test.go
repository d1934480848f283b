package rpcplugin

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListen(t *testing.T) {
	directory, err := os.MkdirTemp("", "rpc") //nolint:usetesting // A socket's path has to be short.
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	path := filepath.Join(directory, "s")

	t.Setenv(versionVariable, "")
	t.Setenv(addressVariable, "")
	_, err = listen()
	require.ErrorContains(t, err, "is started by a host")
	t.Setenv(addressVariable, "tcp:127.0.0.1:1")
	_, err = listen()
	require.ErrorContains(t, err, `got "tcp:127.0.0.1:1", want unix:`)
	t.Setenv(addressVariable, "unix:"+path)
	t.Setenv(versionVariable, "2")
	_, err = listen()
	require.ErrorContains(t, err, `got "2", want "1"`)
	t.Setenv(versionVariable, "1")

	// A plugin that is killed leaves its socket.
	dead, err := net.Listen("unix", path)
	require.NoError(t, err)
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, dead.Close())
	alive, err := listen()
	require.NoError(t, err)
	defer alive.Close()

	t.Setenv(addressVariable, "unix://"+path)
	_, err = listen()
	require.ErrorContains(t, err, "each input of a config needs a manifest of its own")
	conn, err := net.Dial("unix", path)
	require.NoError(t, err, "the other one's socket is gone")
	require.NoError(t, conn.Close())
}

// Only a socket is removed, whatever a host or somebody else has put at the path.
func TestListenRemovesOnlyASocket(t *testing.T) {
	directory := t.TempDir()
	file, folder, link := filepath.Join(directory, "file"), filepath.Join(directory, "folder"), filepath.Join(directory, "link")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.Symlink(file, link))
	t.Setenv(versionVariable, "1")
	for _, path := range []string{file, folder, link} {
		t.Setenv(addressVariable, "unix:"+path)
		_, err := listen()
		require.ErrorContains(t, err, path+" is there and not a socket: it is not removed")
		_, err = os.Lstat(path)
		require.NoError(t, err)
	}
}

// The directory of the socket is the host's TMPDIR. Where that is too long for a
// socket, the error names it.
func TestListenWithALongTemporaryDirectory(t *testing.T) {
	t.Setenv(versionVariable, "1")
	directory := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	require.NoError(t, os.Mkdir(directory, 0o700))
	t.Setenv(addressVariable, "unix:"+filepath.Join(directory, "plugin.sock"))
	_, err := listen()
	require.ErrorContains(t, err, "TMPDIR")
	require.ErrorContains(t, err, fmt.Sprintf("want at most %d", maxSocketPath()))
}
