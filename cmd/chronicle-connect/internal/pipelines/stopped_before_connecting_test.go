package pipelines

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A wait of almost an hour ends at once, before the first connection and after.
func TestStopWithTheServerRefusing(t *testing.T) {
	refuse := chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "3000"}}
	for name, steps := range map[string][]chronicletest.Step{
		"from the start":      {refuse},
		"after a first batch": {{AfterElements: 1, AfterBytes: 1000, Then: chronicletest.Cut}, refuse},
	} {
		t.Run(name, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			a := proof.NewAudit(t, ledger.New(server, 1), programtest.Deploy(t, server, programtest.Settings{Input: []string{"start_time: 1h"}}))
			a.Ledger.Append(5, 1200)
			a.Ledger.Append(5, 1200)
			server.Script(steps...)
			a.Begin()
			p := a.Start()
			p.WaitLog("the server answered 503")
			p.Stop()
			whole, _, torn := a.End()
			require.Equal(t, 5*(len(steps)-1), whole)
			require.Zero(t, torn)
			require.Equal(t, whole, a.Ledger.Until(a.Stored()))
			a.Ledger.Append(5, 1200)
			a.Finish()
			require.Zero(t, a.Repeated)
		})
	}
}

func TestStopWithTheTokenEndpointStalled(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := proof.NewAudit(t, ledger.New(server, 1), programtest.Deploy(t, server, programtest.Settings{Input: []string{"start_time: 1h"}}))
	a.Ledger.Append(5, 1200)
	server.ScriptToken(chronicletest.TokenStep{Stall: true})
	a.Begin()
	p := a.Start()
	waiting.For(t, "a request for a token", func() bool { return server.TokenRequests() == 1 })
	p.Stop()
	a.End()
	require.Empty(t, server.Requests())
	a.Finish()
	require.Zero(t, a.Repeated)
}
