package pipelines

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestRunRefusesWrongSettings(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	path, _ := pipeline(t, server, "detection_batch_size: 20000")
	const complaint = "field detection_batch_size: got 20000, want 0 to 10000"

	code, _, stderr := programtest.Execute(t, "lint", path)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, path+"(9,1) "+complaint)

	code, log, stderr := programtest.Execute(t, "run", path)
	require.Equal(t, 1, code)
	require.Contains(t, log, complaint)
	require.Contains(t, stderr, "shutting down due to linter errors")

	code, _, stderr = programtest.Execute(t, "run", "--chilled", path)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, complaint)
	require.Empty(t, server.Requests())
}
