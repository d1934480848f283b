//go:build !minimal

package pipelines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A destination that is down for good doesn't keep the other one from getting
// everything. What it should have got becomes dead letters, and gets there by
// replay.yaml.
func TestRouteDeadLetters(t *testing.T) {
	t.Parallel()
	for _, down := range []string{"s3", "slack"} {
		t.Run(down, func(t *testing.T) {
			r := newRoutes(t)
			server := chronicletest.NewServer()
			defer server.Close()
			sent := ledger.New(server, 1)
			d := programtest.DeployFile(t, server, "route.yaml", r.settings("DEAD_LETTER_AFTER=1s")...)
			d.Args = append(d.Args, quickly...)
			if down == "s3" {
				r.s3.Kill()
			} else {
				r.chat.Kill()
			}
			p := d.Start()
			for range 10 {
				at := sent.Append(100, ledger.FeedSize)
				waiting.For(t, "the next batch to be done with", func() bool { return d.Stored().Equal(at) })
			}
			p.Stop()
			files, err := filepath.Glob(filepath.Join(d.StateDir, "dead_letters", down+".jsonl"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			if down == "s3" {
				r.requirePosted(sent, false)
				require.Len(t, deadLetters(t, files), sent.Count())
				r.s3.Restart()
			} else {
				r.requireStored(sent)
				require.Empty(t, r.chat.Taken())
				r.chat.Restart()
			}
			for _, file := range files {
				replay := programtest.DeployFile(t, server, "replay.yaml", r.settings("DEAD_LETTERS="+file)...)
				replay.Args = append(replay.Args, quickly...)
				p := replay.Start()
				require.Zero(t, p.WaitExit(waiting.Patience), "exit code")
				require.NoDirExists(t, filepath.Join(replay.StateDir, "dead_letters"))
			}
			r.requireStored(sent)
			r.requirePosted(sent, false)
		})
	}
}

// deadLetters are those in some files.
func deadLetters(t *testing.T, files []string) (letters []json.RawMessage) {
	t.Helper()
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for lines.Scan() {
			if len(lines.Bytes()) > 0 {
				require.True(t, json.Valid(lines.Bytes()), "%.200q", lines.Bytes())
				letters = append(letters, bytes.Clone(lines.Bytes()))
			}
		}
		require.NoError(t, lines.Err())
	}
	return letters
}
