package pipelines

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// The manifest of the example is the program's.
func TestStockExampleManifest(t *testing.T) {
	t.Parallel()
	exitCode, printed, stderr := programtest.Execute(t, "rpc-plugin", "--manifest")
	require.Zero(t, exitCode, stderr)
	kept, err := os.ReadFile(repository.Path(t, "examples", "stock-connect", "chronicle-connect-plugin.yaml"))
	require.NoError(t, err)
	require.Equal(t, printed, string(kept), "write it anew: chronicle-connect rpc-plugin --manifest >examples/stock-connect/chronicle-connect-plugin.yaml")
}

// The example's files as they are, and simulate with the settings that it prints,
// lead every detection into the file.
func TestStockExample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"chronicle-connect-plugin.yaml", "pipeline.yaml"} {
		text, err := os.ReadFile(repository.Path(t, "examples", "stock-connect", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	// The manifest looks for the program in PATH.
	bin := t.TempDir()
	program, err := filepath.Abs(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.Symlink(program, filepath.Join(bin, "chronicle-connect")))

	const detections = 250
	settings := simulate(t, dir, detections)
	log := &childprocess.Log{}
	host := exec.Command(programtest.StockHost(t), "run", "--set", "http.enabled=false", "--rpc-plugins=chronicle-connect-plugin.yaml", "pipeline.yaml")
	host.Dir = dir
	host.Env = slices.Concat(programtest.Command(t.Context()).Env, settings)
	host.Env = append(host.Env, "PATH="+bin+":"+os.Getenv("PATH"))
	host.Stdout, host.Stderr = log, log
	require.NoError(t, host.Start())
	t.Cleanup(func() { _ = host.Process.Kill() }) // it has ended, but for a failed test
	waiting.For(t, "everything to be in the file", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "detections.jsonl"))
		return bytes.Count(text, []byte("\n")) >= detections
	})
	require.NoError(t, host.Process.Signal(syscall.SIGTERM))
	require.NoError(t, host.Wait(), log.String())
	text, err := os.ReadFile(filepath.Join(dir, "detections.jsonl"))
	require.NoError(t, err)
	require.Equal(t, detections, bytes.Count(text, []byte("\n")))
	require.FileExists(t, filepath.Join(dir, "kept", "chronicle_detection_alerts"))
}

// simulate runs the program's stand-in and returns the settings that it prints, for
// as long as the test.
func simulate(t *testing.T, dir string, detections int) (settings []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	command := programtest.Command(ctx, "simulate", "--address", "127.0.0.1:0", "--rate", "0", "--span", "10m",
		"--state", filepath.Join(dir, "kept"), "--credentials", filepath.Join(dir, "credentials.json"), "--history", strconv.Itoa(detections))
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		cancel()
		_ = command.Wait() // it was killed
	})
	export := regexp.MustCompile(`^  export ([A-Z_]+=.*)$`)
	timeout := time.AfterFunc(waiting.Patience, cancel)
	defer timeout.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := export.FindStringSubmatch(lines.Text()); found != nil {
			settings = append(settings, found[1])
		}
		if len(settings) > 0 && lines.Text() == "" {
			break
		}
	}
	require.Len(t, settings, 5)
	return settings
}
