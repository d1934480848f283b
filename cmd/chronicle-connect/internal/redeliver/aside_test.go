package redeliver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func opened(t *testing.T, path string) *aside {
	t.Helper()
	a, err := openAside(path)
	require.NoError(t, err)
	t.Cleanup(a.close)
	return a
}

// settleAll settles the lines that a function is true for, as far as they are open,
// and returns what was open.
func settleAll(t *testing.T, a *aside, which func(text string) bool) (open []string) {
	t.Helper()
	_, err := a.unsettled(func(l *line) error {
		open = append(open, string(l.text))
		if which(string(l.text)) {
			a.settle(l)
		}
		return nil
	})
	require.NoError(t, err)
	return open
}

// What is not settled is put back behind what came meanwhile, and nothing else stays.
func TestAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "http_refused.jsonl")
	write(t, path, "a\n\n \nb\r\nc")
	a := opened(t, path)
	require.FileExists(t, path, "nothing is moved yet")
	require.NoError(t, a.begin())
	require.NoFileExists(t, path)
	require.Equal(t, []string{"a", "b\r", "c"}, settleAll(t, a, func(text string) bool { return text == "a" }))

	write(t, path, "new\n")
	count, err := a.putBack(plugin.NewRefusedFile(path).AppendLines)
	require.NoError(t, err)
	require.Equal(t, 2, count)
	require.Equal(t, "new\nb\r\nc\n", read(t, path))
	a.close()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// A run that was broken off is taken up where it was, whatever its last note is.
func TestAsideTakenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	write(t, path, "a\nb\nc\nd\n")
	a := opened(t, path)
	require.NoError(t, a.begin())
	settleAll(t, a, func(text string) bool { return text == "a" || text == "c" })
	notes := read(t, path+journalSuffix)
	_ = a.journal.Close() // as a kill does

	write(t, path, "new\n")
	// Half a note, one about another line, and what a failure of power leaves.
	half := strings.Split(notes, "\n")[1][:8]
	write(t, path+journalSuffix, notes+"2 0123456789abcdef\n\x00\x00\x00\n"+half)
	a = opened(t, path)
	require.True(t, a.exists())
	require.NoError(t, a.begin())
	require.Equal(t, []string{"b", "d"}, settleAll(t, a, func(text string) bool { return text == "b" }))
	_ = a.journal.Close()

	a = opened(t, path)
	require.NoError(t, a.begin())
	require.Equal(t, []string{"d"}, settleAll(t, a, func(string) bool { return true }))
	count, err := a.putBack(plugin.NewRefusedFile(path).AppendLines)
	require.NoError(t, err)
	require.Zero(t, count)
	require.Equal(t, "new\n", read(t, path))
}

// Notes about a file that is gone count for nothing.
func TestAsideStaleNotes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	write(t, path, "a\n")
	a := opened(t, path)
	require.NoError(t, a.begin())
	settleAll(t, a, func(string) bool { return true })
	require.NoError(t, os.Remove(a.name))
	_ = a.journal.Close()

	write(t, path, "a\n")
	a = opened(t, path)
	require.NoError(t, a.begin())
	require.Equal(t, []string{"a"}, settleAll(t, a, func(string) bool { return true }), "it is another one")
}

// What something writes to the file that was moved aside is not lost.
func TestAsideWrittenTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	write(t, path, "a\nb")
	a := opened(t, path)
	late, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer late.Close()
	require.NoError(t, a.begin())
	settleAll(t, a, func(string) bool { return true })
	_, err = late.WriteString("ody\nlate\n")
	require.NoError(t, err)
	count, err := a.putBack(plugin.NewRefusedFile(path).AppendLines)
	require.NoError(t, err)
	require.Equal(t, 2, count)
	require.Equal(t, "body\nlate\n", read(t, path))
}

// A file is sent by one process at a time.
func TestAsideLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	write(t, path, "a\n")
	a := opened(t, path)
	_, err := openAside(path)
	require.ErrorContains(t, err, "another redeliver is at")
	a.close()
	opened(t, path)
}

// What can't be redelivered is said, and nothing is left behind.
func TestAsideRefuses(t *testing.T) {
	directory := t.TempDir()
	for name, want := range map[string]string{
		"none.jsonl":                      "there is no",
		".":                               "is no file",
		"refused.jsonl" + asideSuffix:     "name " + filepath.Join(directory, "refused.jsonl") + ",",
		"refused.jsonl" + journalSuffix:   "name " + filepath.Join(directory, "refused.jsonl") + ",",
		filepath.Join("no", "such.jsonl"): "there is no",
	} {
		_, err := openAside(filepath.Join(directory, name))
		require.ErrorContains(t, err, want)
	}
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// Behind a link it is the file that is moved.
func TestAsideLink(t *testing.T) {
	directory := t.TempDir()
	link := filepath.Join(directory, "link.jsonl")
	write(t, filepath.Join(directory, "refused.jsonl"), "a\n")
	require.NoError(t, os.Symlink("refused.jsonl", link))
	a := opened(t, link)
	require.NoError(t, a.begin())
	require.Equal(t, "a\n", read(t, filepath.Join(directory, "refused.jsonl"+asideSuffix)))
	_, err := os.Readlink(link)
	require.NoError(t, err)
}
