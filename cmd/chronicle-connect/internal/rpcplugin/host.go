package rpcplugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// How a host tells a plugin what it speaks and where.
const (
	versionVariable = "REDPANDA_CONNECT_PLUGIN_VERSION"
	addressVariable = "REDPANDA_CONNECT_PLUGIN_ADDRESS"
	protocolVersion = "1"
)

// parentInterval is how often a plugin looks whether its host is still there: soon
// enough for it to be gone before a host that is started again has another one.
const parentInterval = 100 * time.Millisecond

// listen listens where the host wants it.
func listen() (net.Listener, error) {
	if version := os.Getenv(versionVariable); version != "" && version != protocolVersion {
		return nil, fmt.Errorf("%s: got %q, want %q: the host speaks another version of the protocol", versionVariable, version, protocolVersion)
	}
	address := os.Getenv(addressVariable)
	if address == "" {
		return nil, fmt.Errorf("%s is not set: rpc-plugin is started by a host, such as redpanda-connect run --rpc-plugins=MANIFEST CONFIG. For the manifest, give --manifest", addressVariable)
	}
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return nil, fmt.Errorf("%s: got %q, want unix: and the path of a socket", addressVariable, address)
	}
	path = strings.TrimPrefix(path, "//")
	if err := removeLeftOver(path); err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil && len(path) > maxSocketPath() {
		return nil, fmt.Errorf("listening for the host: the path of the socket has %d bytes, want at most %d: run the host with a shorter directory in TMPDIR, such as /tmp: %w", len(path), maxSocketPath(), err)
	}
	if err != nil {
		return nil, fmt.Errorf("listening for the host: %w", err)
	}
	return listener, nil
}

// maxSocketPath is the most bytes that the path of a unix socket can have. A longer
// one is only an invalid argument to the kernel.
func maxSocketPath() int {
	return len(syscall.RawSockaddrUnix{}.Path) - 1
}

// removeLeftOver removes the socket of a plugin that died: a host starts the next
// one with the same path. One that somebody listens on is left alone. Hosts give
// that of another plugin where they restart one of two from the same manifest.
func removeLeftOver(path string) error {
	info, err := os.Lstat(path) //nolint:gosec // Where it is, is the host's to say.
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s: %s is there and not a socket: it is not removed", addressVariable, path)
	}
	conn, err := net.Dial("unix", path) //nolint:noctx,gosec // Answered at once, or refused; where it is, is the host's to say.
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("the socket %s is that of another plugin which runs: each input of a config needs a manifest of its own", path)
	}
	if err := os.Remove(path); err != nil { //nolint:gosec // Likewise.
		return fmt.Errorf("removing the socket that was left over: %w", err)
	}
	return nil
}

// whileParent returns a context that ends when the parent process has ended: an
// orphan gets another one. Windows has no such thing.
func whileParent(ctx context.Context) context.Context {
	parent := os.Getppid()
	ctx, orphaned := context.WithCancelCause(ctx)
	go func() {
		ticker := time.NewTicker(parentInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if now := os.Getppid(); now != parent {
					orphaned(errOrphaned)
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx
}

var errOrphaned = errors.New("the host has ended")
