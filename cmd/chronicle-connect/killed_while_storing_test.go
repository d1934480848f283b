package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The file cache empties a file before it writes to it. A kill at that moment
// costs nothing: another copy of the position is whole.
func TestKilledWhileStoring(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{`start_time: ""`}})}
	a.begin()
	p := a.start()
	require.NoError(t, server.WaitForRequests(t.Context(), 1))
	last := a.ledger.append(20, 1200)
	waitFor(t, "the position of the batch", func() bool { return a.stored().Equal(last) })
	p.kill()
	a.end()
	require.NoError(t, os.Truncate(filepath.Join(a.state, "chronicle_detection_alerts"), 0))

	a.ledger.append(20, 1200)
	a.finish()
	require.Zero(t, a.repeated)
}
