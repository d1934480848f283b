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

// What begins now has begun, though nothing came before the process was killed,
// and even if the server was down: what is created while the process is down
// arrives.
func TestKilledBeforeTheFirstBatch(t *testing.T) {
	for name, steps := range map[string][]chronicletest.Step{
		"connected": nil,
		"refused":   {{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "3000"}}},
	} {
		t.Run(name, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			server.AppendAt(time.Now().Add(-time.Minute), []byte(`{"id":"de_before"}`))
			server.Script(steps...)
			a := proof.NewAudit(t, ledger.New(server, 1), programtest.Deploy(t, server, programtest.Settings{Input: []string{`start_time: ""`}}))
			a.Begin()
			p := a.Start()
			require.NoError(t, server.WaitForRequests(t.Context(), 1))
			waiting.For(t, "the position of the start", func() bool { return !a.Stored().IsZero() })
			p.Kill()
			whole, _, torn := a.End()
			require.Zero(t, whole+torn)

			for range 3 {
				a.Ledger.Append(20, 1200)
			}
			// Killed again, and before it connects.
			server.ScriptToken(chronicletest.TokenStep{Stall: true})
			a.Begin()
			p = a.Start()
			waiting.For(t, "a request for a token", func() bool { return server.TokenRequests() == 2 })
			p.Kill()
			a.End()

			a.Ledger.Append(20, 1200)
			a.Finish()
			require.Zero(t, a.Repeated)
			var asked []bool
			for _, request := range server.Requests() {
				asked = append(asked, request.ContinuationTime != "")
			}
			require.Equal(t, []bool{false, true}, asked, "requests that name a time")
		})
	}
}
