package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// An input that gives up makes the program exit non-zero and say why, after
// what it had read is delivered and the position stored.
func TestRunExitsWithTheServersWords(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	at := server.Append([]byte(`{"id":"de_1"}`))
	server.Script(
		chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Unknown name: Cannot find field."}},
	)
	path, output := pipeline(t, server, "")
	code, _, stderr := programtest.Execute(t, "run", path)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "chronicle-connect: input chronicle_detection_alerts: opening the stream at ")
	require.Contains(t, stderr, "the server answered 400 INVALID_ARGUMENT: Unknown name: Cannot find field.")
	delivered, err := os.ReadFile(output)
	require.NoError(t, err)
	require.Equal(t, []string{`{"id":"de_1"}`, ""}, strings.Split(string(delivered), "\n"))
	stored, err := os.ReadFile(filepath.Join(filepath.Dir(path), "deep", "state", "chronicle_detection_alerts"))
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"continuation_time":%q}`, at.UTC().Format("2006-01-02T15:04:05.000000Z")), string(stored))
}
