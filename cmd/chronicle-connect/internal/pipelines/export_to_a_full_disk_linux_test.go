package pipelines

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A smallDisk is a folder of 8 MB.
type smallDisk struct {
	t    *testing.T
	path string
}

func newSmallDisk(t *testing.T) *smallDisk {
	t.Helper()
	d := &smallDisk{t, t.TempDir()}
	err := syscall.Mount("tmpfs", d.path, "tmpfs", 0, "size=8m,mode=700")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("this user may not mount a small disk: %v", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(d.path, syscall.MNT_DETACH)) })
	return d
}

// grow makes room.
func (d *smallDisk) grow() {
	d.t.Helper()
	require.NoError(d.t, syscall.Mount("tmpfs", d.path, "tmpfs", syscall.MS_REMOUNT, "size=64m,mode=700"))
}

// An export waits for room on the disk, and goes on.
func TestExportToADiskThatIsFullForAWhile(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	sent := appendOld(server, 8, 1_600_000)
	disk := newSmallDisk(t)
	file := filepath.Join(disk.path, "export", "detections.jsonl")
	p := deployExport(t, server, file).Start()
	p.WaitLog("no space left on device")
	missing, _ := wholeLines(t, sent, file)
	require.Positive(t, missing)
	require.Less(t, missing, len(sent), "what has room is written")
	disk.grow()
	require.Zero(t, p.WaitExit(waiting.Patience))
	missing, repeated := wholeLines(t, sent, file)
	require.Zero(t, missing, "lost")
	require.Zero(t, repeated)
	log := p.Log.String()
	require.Equal(t, 1, strings.Count(log, "no space left on device"), "said once")
	require.Contains(t, log, "What to do: make room on the disk")
	require.Regexp(t, `Writing to \S+ works again, after \d+ tries`, log)
	for path, want := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), path)
	}
}

// While the disk stays full, the export is quiet, and stops as soon as it is asked to.
// The next one goes on.
func TestExportToADiskThatStaysFull(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	sent := appendOld(server, 500, 20_000)
	disk := newSmallDisk(t)
	file := filepath.Join(disk.path, "detections.jsonl")
	d := deployExport(t, server, file)
	p := d.Start()
	p.WaitLog("no space left on device")
	begin := time.Now()
	waiting.For(t, "some tries", func() bool { return time.Since(begin) > 8*time.Second })
	log := p.Log.String()
	require.Less(t, strings.Count(log, "\n"), 30, log)
	wholeLines(t, sent, file)

	p.Terminate()
	p.WaitExit(5 * time.Second)
	require.NotContains(t, p.Log.String(), "goroutine profile", "it dumped its stack")
	wholeLines(t, sent, file)

	disk.grow()
	p = d.Start()
	require.Zero(t, p.WaitExit(waiting.Patience))
	missing, repeated := wholeLines(t, sent, file)
	require.Zero(t, missing, "lost")
	require.Less(t, repeated, len(sent), "what the position did not cover yet")
	t.Logf("%d lines are there twice", repeated)
}
