package streamfiles

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const alone = `# A pipeline by itself.
http:
  address: 127.0.0.1:4195

input:
  stdin: {}

cache_resources:
  # Where the position is.
  - label: state
    file: {directory: './state'}

rate_limit_resources:
  - label: slack
    local: {count: ${COUNT:1}}

output:
  stdout: {}
`

// files writes files to a folder, which it changes to.
func files(t *testing.T, texts map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range texts {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestSplit(t *testing.T) {
	files(t, map[string]string{
		"a.yaml":        alone,
		"more/b.yaml":   "input: {stdin: {}}\ncache_resources:\n  - label: other\n    memory: {}\n  # The same as elsewhere, differently written.\n  - { label: state, file: { directory: ./state } }\n",
		"plain.yaml":    "input: {stdin: {}}\n",
		"more/notes.md": "http: nothing",
	})
	dir := t.TempDir()
	args, err := Split([]string{"x", "streams", "--log.level", "debug", "a.yaml", "more", "plain.yaml", "missing*.yaml"}, dir)
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(dir, name) }
	require.Equal(t, []string{
		"x", "streams", "--log.level", "debug",
		"-r", at("resources-0/a.yaml"), "-r", at("resources-1/b.yaml"), "-o", at("shared.yaml"),
		at("0/a.yaml"), at("1"), "plain.yaml", "missing*.yaml",
	}, args)

	require.Equal(t, "# A pipeline by itself.\n\n\n\ninput:\n  stdin: {}\n\n\n\n\n\n\n\n\n\n\noutput:\n  stdout: {}\n", read(t, at("0/a.yaml")), "sections stay in their lines")
	require.Equal(t, "\n\n\n\n\n\n\ncache_resources:\n  # Where the position is.\n  - label: state\n    file: {directory: './state'}\n\nrate_limit_resources:\n  - label: slack\n    local: {count: ${COUNT:1}}\n\n\n\n\n", read(t, at("resources-0/a.yaml")))
	require.Equal(t, "http:\n  address: 127.0.0.1:4195\n", read(t, at("shared.yaml")))
	require.Equal(t, "input: {stdin: {}}\n\n\n\n\n\n\n", read(t, at("1/b.yaml")))
	require.Equal(t, "\ncache_resources:\n  - label: other\n    memory: {}\n  # The same as elsewhere, differently written.\n\n\n", read(t, at("resources-1/b.yaml")))
}

func TestNothingToSplit(t *testing.T) {
	files(t, map[string]string{"a.yaml": alone, "plain.yaml": "input: {stdin: {}}\ntests: []\n", "broken.yaml": "a: [", "list.yaml": "- http"})
	for _, args := range [][]string{
		{"x"},
		{"x", "run", "a.yaml"},
		{"x", "-c", "streams", "run", "a.yaml"},
		{"x", "streams"},
		{"x", "streams", "-o", "a.yaml"},
		{"x", "streams", "-r", "a.yaml", "plain.yaml", "broken.yaml", "list.yaml", "missing.yaml"},
	} {
		split, err := Split(args, t.TempDir())
		require.NoError(t, err)
		require.Equal(t, args, split)
	}
}

func TestWhatIsSharedByTheCommandLineWins(t *testing.T) {
	files(t, map[string]string{"a.yaml": alone})
	for _, flag := range [][]string{{"-o", "o.yaml"}, {"--observability=o.yaml"}} {
		dir := t.TempDir()
		args, err := Split(append(append([]string{"x", "-e", "streams", "streams"}, flag...), "--", "a.yaml"), dir)
		require.NoError(t, err)
		require.Equal(t, append(append([]string{"x", "-e", "streams", "streams"}, flag...), "-r", filepath.Join(dir, "resources-0/a.yaml"), filepath.Join(dir, "0/a.yaml")), args)
	}
}

func TestNamesThatClash(t *testing.T) {
	files(t, map[string]string{
		"a.yaml":     alone,
		"redis.yaml": "cache_resources: [ { label: state, redis: { url: 'redis://x' } } ]\n",
		"http.yaml":  "http: { address: 0.0.0.0:4195 }\n",
	})
	_, err := Split([]string{"x", "streams", "a.yaml", "redis.yaml"}, t.TempDir())
	require.ErrorContains(t, err, "a.yaml and redis.yaml don't have the same cache resource state")
	_, err = Split([]string{"x", "streams", "a.yaml", "http.yaml"}, t.TempDir())
	require.ErrorContains(t, err, "a.yaml and http.yaml don't have the same http")
}
