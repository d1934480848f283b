package pipelines

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Kills leave parts of lines behind. The export that follows removes them: in the end
// each line is whole, and each detection is there.
func TestExportKilledWhileWriting(t *testing.T) {
	t.Parallel()
	random, _ := seededRandom(t)
	server := chronicletest.NewServer()
	defer server.Close()
	sent := appendOld(server, 40, 1_000_000)
	file := filepath.Join(t.TempDir(), "detections.jsonl")
	d := deployExport(t, server, file)
	size := func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	unfinished := 0
	for range 6 {
		p := d.Start()
		before := size()
		waiting.For(t, "the export to write", func() bool { return p.Ended() || size() > before })
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond) // where it is then is up to chance
		_ = p.TrySignal(9)
		p.WaitExit(waiting.Patience)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if !strings.HasSuffix(string(text), "\n") {
			unfinished++
		}
	}
	p := d.Start()
	require.Zero(t, p.WaitExit(waiting.Patience))
	missing, repeated := wholeLines(t, sent, file)
	require.Zero(t, missing, "lost")
	t.Logf("%d kills left a part of a line, %d lines are there twice", unfinished, repeated)
}

// appendOld appends detections that an export of a day finds, one a batch.
func appendOld(server *chronicletest.Server, count, size int) (sent []string) {
	g := chronicletest.NewGenerator(7)
	for i := range count {
		at := time.Now().Add(-12*time.Hour + time.Duration(i)*time.Second)
		detection := g.DetectionCreatedAt(at, size)
		sent = append(sent, string(detection))
		server.AppendAt(at.Add(time.Millisecond), detection)
	}
	return sent
}

func deployExport(t *testing.T, server *chronicletest.Server, file string) *programtest.Deployment {
	t.Helper()
	return programtest.DeployFile(t, server, "backfill.yaml", "CHRONICLE_INSTANCE="+anyInstance,
		"CHRONICLE_START_TIME=24h", "CHRONICLE_END_TIME=", "BACKFILL_FILE="+file)
}

// wholeLines holds that a file has nothing but whole lines that were sent, and returns
// how many of these are not in it, and how many more than once.
func wholeLines(t *testing.T, sent []string, file string) (missing, repeated int) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, len(text) == 0 || strings.HasSuffix(string(text), "\n"), "the last line is unfinished")
	times, others := tally(sent, string(text))
	require.Empty(t, others, "lines that nobody has sent")
	for _, n := range times {
		switch {
		case n == 0:
			missing++
		case n > 1:
			repeated++
		}
	}
	return missing, repeated
}
