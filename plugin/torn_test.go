package plugin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	executor, err := bloblang.Parse(fmt.Sprintf("root = chronicle_torn_line(%q)", path))
	require.NoError(t, err)
	torn := func() any {
		value, err := executor.Query(nil)
		require.NoError(t, err)
		return value
	}
	require.Equal(t, false, torn(), "there is none")
	for text, want := range map[string]bool{"": false, "{}\n": false, "{}\n{": true, "{}": true, "\n": false} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.Equal(t, want, torn(), "%q", text)
	}
	executor, err = bloblang.Parse(fmt.Sprintf("root = chronicle_torn_line(%q)", filepath.Dir(path)))
	require.NoError(t, err)
	_, err = executor.Query(nil)
	require.Error(t, err, "a directory")
}
