package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// plugin measures the input as an RPC plugin of a stock host, beside itself.
func (b *bencher) plugin(ctx context.Context) ([]measurement, error) {
	dir, err := os.MkdirTemp("", "chronicle-connect-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	host := filepath.Join(dir, "stockhost")
	build := exec.CommandContext(ctx, "go", "build", "-o", host, module+"/cmd/chronicle-connect/internal/pipelines/stockhost")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building the host: %w", err)
	}
	return b.measure(ctx, reference,
		setup{contender: drain, sink: toDrop, protocol: http1},
		setup{contender: ours, sink: toDrop, protocol: http1},
		setup{contender: plugged, sink: toDrop, protocol: http1, host: host},
		setup{contender: ours, sink: toFile, protocol: http1},
		setup{contender: plugged, sink: toFile, protocol: http1, host: host},
	)
}

// manifest writes that of a binary, which need not be in PATH, to dir.
func manifest(binary, dir string) (path string, err error) {
	text, err := exec.Command(binary, "rpc-plugin", "--manifest").Output() //nolint:noctx // It prints and ends.
	if err != nil {
		return "", fmt.Errorf("printing the manifest: %w", err)
	}
	if binary, err = filepath.Abs(binary); err != nil {
		return "", err
	}
	const command = "\ncommand: [chronicle-connect, rpc-plugin]\n"
	if !strings.Contains(string(text), command) {
		return "", fmt.Errorf("the manifest has no line%s", command)
	}
	own := strings.Replace(string(text), command, fmt.Sprintf("\ncommand: [%q, rpc-plugin]\n", binary), 1)
	path = filepath.Join(dir, "manifest.yaml")
	return path, os.WriteFile(path, []byte(own), 0o600)
}
