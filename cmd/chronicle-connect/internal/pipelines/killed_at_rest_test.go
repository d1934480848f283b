package pipelines

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A kill when everything is acknowledged and the position is stored, which takes
// no stop, repeats nothing.
func TestKilledAtRest(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := proof.NewAudit(t, ledger.New(server, 1), programtest.Deploy(t, server, programtest.Settings{Input: []string{"start_time: 1h"}}))
	for range 3 {
		var last time.Time
		for range 5 {
			last = a.Ledger.Append(20, 1200)
		}
		a.Begin()
		p := a.Start()
		waiting.For(t, "the position of the last batch", func() bool { return a.Stored().Equal(last) })
		p.Kill()
		whole, repeated, torn := a.End()
		require.Equal(t, []int{100, 0, 0}, []int{whole, repeated, torn})
	}
	a.Ledger.Append(20, 1200)
	a.Finish()
	require.Zero(t, a.Repeated)
}
