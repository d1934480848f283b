//go:build unix

package plugin

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
)

// A lockedLog is read while the output writes to it.
type lockedLog struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

// Write implements io.Writer.
func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newFile makes an output of a configuration, and a log of it without times.
func newFile(t *testing.T, config string) (service.BatchOutput, *lockedLog) {
	t.Helper()
	log := &lockedLog{}
	parsed, err := fileSpec().ParseYAML(config, nil)
	require.NoError(t, err)
	out, _, maxInFlight, err := newFileOutput(parsed, service.MockResources())
	require.NoError(t, err)
	require.Equal(t, 1, maxInFlight)
	out.(*fileOutput).log = service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	return out, log
}

func batchOf(texts ...string) (batch service.MessageBatch) {
	for _, text := range texts {
		batch = append(batch, service.NewMessage([]byte(text)))
	}
	return batch
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// A message is a line, byte for byte but for its line breaks.
func TestFileLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "detections.jsonl")
	out, log := newFile(t, "path: "+path)
	require.NoError(t, out.Connect(t.Context()))
	require.Empty(t, readFile(t, path), "created at the start")
	large := `{"text":"` + strings.Repeat("ü", maxAppend) + `"}`
	require.NoError(t, out.WriteBatch(t.Context(), batchOf(
		`{"id":"de_1","text":"é 😀\nnext", "n": 12345678901234567890}`, "{\"id\":\r\n  \"de_2\"}\n", large, "\xff", "", large, "{}",
	)))
	require.Equal(t, strings.Join([]string{
		`{"id":"de_1","text":"é 😀\nnext", "n": 12345678901234567890}`, `{"id":  "de_2"}`, large, "\xff", "", large, "{}",
	}, "\n")+"\n", readFile(t, path))
	require.Empty(t, log.String())
	require.NoError(t, out.Close(t.Context()))
}

// A file that cannot be written to is tried again, less and less often, and the log has
// one line for each change of what is wrong.
func TestFileOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "detections.jsonl")
		require.NoError(t, os.Mkdir(path, 0o700))
		out, log := newFile(t, "path: "+path)
		require.NoError(t, out.Connect(t.Context()), "messages wait")
		written := make(chan error, 1)
		begin := time.Now()
		go func() { written <- out.WriteBatch(context.Background(), batchOf("{}")) }()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, 1, strings.Count(log.String(), "\n"), log)
		require.Contains(t, log.String(), "Writing to "+path+" failed: open "+path+": is a directory.")
		require.Contains(t, log.String(), "What to do: write the path of a file")
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.WriteFile(path+".x", nil, 0o600))
		require.NoError(t, os.Symlink(path+".x", path))
		require.NoError(t, os.Chmod(filepath.Dir(path), 0o777))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, 2, strings.Count(log.String(), "\n"), "another cause is another line: %s", log)
		require.Contains(t, log.String(), "a symbolic link in a folder that other users can write to")

		require.NoError(t, os.Remove(path))
		require.NoError(t, <-written)
		require.LessOrEqual(t, time.Since(begin), 13*time.Minute)
		require.Equal(t, "{}\n", readFile(t, path))
		require.Equal(t, 3, strings.Count(log.String(), "\n"), log)
		require.Regexp(t, `Writing to \S+ works again, after (1[5-9]|20) tries`, log, "six in the first minute and then one a minute")
	})
}

// The pause doubles from a second to a minute.
func TestFilePauses(t *testing.T) {
	var o fileOutage
	var pauses []time.Duration
	for range 8 {
		pause, _ := o.failed(os.ErrPermission)
		pauses = append(pauses, pause/time.Second)
	}
	require.Equal(t, []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}, pauses)
	require.Equal(t, 8, o.ended())
	require.Zero(t, o.ended())
}

// Files begin anew beyond a size. What is in them in order is what was written.
func TestFileRotates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "detections.jsonl")
	out, _ := newFile(t, "path: "+path+"\nmax_bytes: 100")
	var want strings.Builder
	for i := range 40 {
		line := strings.Repeat(string(rune('a'+i%26)), 1+i*7%60)
		want.WriteString(line + "\n")
		require.NoError(t, out.WriteBatch(t.Context(), batchOf(line)))
	}
	require.NoError(t, out.WriteBatch(t.Context(), batchOf("1", strings.Repeat("2", 200), strings.Repeat("3", 60), strings.Repeat("4", 39))))
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	total := 0
	for _, name := range names {
		text := readFile(t, name)
		total += len(text)
		require.True(t, len(text) <= 100 || text == strings.Repeat("2", 200)+"\n", "%s has %d bytes", name, len(text))
	}
	require.Equal(t, want.Len()+2+201+61+40, total)
	require.Equal(t, strings.Repeat("4", 39)+"\n", readFile(t, path))
}

// What a killed process left of a line is removed with a warning.
func TestFileRemovesAnUnfinishedLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "detections.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("{}\n{\"id\":"), 0o600))
	out, log := newFile(t, "path: "+path)
	require.NoError(t, out.Connect(t.Context()))
	require.Equal(t, "{}\n", readFile(t, path))
	require.Contains(t, log.String(), "level=WARN msg=\"Removed 6 bytes from the end of "+path)
}

// Wrong settings are found by the linter, or when the output is built.
func TestFileWrongSettings(t *testing.T) {
	linter := service.GlobalEnvironment().NewComponentConfigLinter()
	for config, want := range map[string]string{
		"{ path: a, max_bytes: 100, rotate: daily }": "",
		"{}":                            "field path is required",
		"{ path: a, max_bytes: -1 }":    "want at least 0",
		"{ path: a, rotate: hourly }":   "hourly",
		"{ path: a, max_in_flight: 7 }": "max_in_flight",
	} {
		lints, err := linter.LintOutputYAML([]byte("chronicle_file: " + config))
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, lints, config)
			continue
		}
		require.NotEmpty(t, lints, config)
		require.Contains(t, lints[0].Error(), want)
	}
	for config, want := range map[string]string{
		`path: ""`:                "field path: got an empty text",
		"path: a\nmax_bytes: -1":  "max_bytes: got -1, want at least 0",
		"path: a\nrotate: hourly": `rotate: got "hourly", want none or daily`,
	} {
		parsed, err := fileSpec().ParseYAML(config, nil)
		require.NoError(t, err)
		_, _, _, err = newFileOutput(parsed, service.MockResources())
		require.ErrorContains(t, err, want)
	}
}

// A stop does not wait for the next try, and what was not written is not acknowledged.
func TestFileStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, _ := newFile(t, "path: "+t.TempDir())
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		begin := time.Now()
		err := out.WriteBatch(ctx, batchOf("{}"))
		require.ErrorIs(t, err, context.Canceled, "by which the input knows a stop")
		require.ErrorContains(t, err, "is a directory")
		require.Equal(t, 100*time.Second, time.Since(begin))
	})
}
