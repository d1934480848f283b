package repository

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Path is the path of a file or folder in the checkout, absolute, by its elements
// below the root. A test that runs outside of a checkout fails.
func Path(t *testing.T, below ...string) string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	for {
		// Only the root has a workspace.
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return filepath.Join(append([]string{folder}, below...)...)
		}
		parent := filepath.Dir(folder)
		require.NotEqual(t, folder, parent, "the test does not run in a checkout")
		folder = parent
	}
}
