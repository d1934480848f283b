package pipelines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A kill between writing the new position and renaming it leaves the old one and a
// temporary file, which the next process removes.
func TestKilledWhileStoring(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := proof.NewAudit(t, ledger.New(server, 1), programtest.Deploy(t, server, programtest.Settings{Input: []string{`start_time: ""`}}))
	a.Begin()
	p := a.Start()
	require.NoError(t, server.WaitForRequests(t.Context(), 1))
	last := a.Ledger.Append(20, 1200)
	waiting.For(t, "the position of the batch", func() bool { return a.Stored().Equal(last) })
	p.Kill()
	a.End()
	temporary := filepath.Join(a.StateDir, "chronicle_detection_alerts.123.tmp")
	require.NoError(t, os.WriteFile(temporary, []byte(`{"continuation_time":"20`), 0o600))

	a.Ledger.Append(20, 1200)
	a.Finish()
	require.Zero(t, a.Repeated)
	require.NoFileExists(t, temporary)
}
