package state

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMakeDirectoriesOf(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, MakeDirectoriesOf([]byte("cache_resources:\n  - label: a\n    file: { directory: "+filepath.Join(dir, "a", "deep")+" }\n  - label: b\n    memory: {}\n")))
	require.DirExists(t, filepath.Join(dir, "a", "deep"))
	for _, text := range []string{"", "input: {}", "cache_resources: 7", "no: [yaml", "cache_resources: [ { file: 7 } ]"} {
		require.NoError(t, MakeDirectoriesOf([]byte(text)), text)
	}
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, MakeDirectoriesOf([]byte("cache_resources: [ { file: { directory: "+filepath.Join(file, "x")+" } } ]")), "creating the directory of a file cache: mkdir ")
}
