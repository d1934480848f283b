package plugin

import (
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// While a key is being rotated, the old one is refused first; the new one is
// picked up from the file at the next connection, without a restart.
func TestKeyRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, times := r.history(2, 10, 1000)
		file := filepath.Join(t.TempDir(), "credentials.json")
		require.NoError(t, r.server.WriteCredentials(file))
		r.server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 100, Then: chronicletest.Cut})
		p := r.start(settings{"start_time": "2h", "credentials_json": "", "credentials_file": file})
		got := p.deliver()
		r.server.RotateKey()
		pass(10 * reconnectInterval)
		require.Contains(t, p.logs.String(), "401 UNAUTHENTICATED", "the old token is refused")
		require.Contains(t, p.logs.String(), "fetching an access token with credentials file "+file+": the token endpoint answered 400 Bad Request invalid_grant", "and so is the old key")
		require.NoError(t, r.server.WriteCredentials(file))
		require.Equal(t, sent, append(got, p.deliver()...))
		requests := r.server.Requests()
		require.Equal(t, times[0], requests[len(requests)-1].ContinuationTime)
	})
}

// A clock that is off shows at the token endpoint; it is set right some day.
func TestClockSkewAtTheTokenEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1, 10, 1000)
		r.server.ScriptToken(chronicletest.TokenStep{Status: 400, Body: []byte(`{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}`)})
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, sent, p.deliver())
		require.Contains(t, p.logs.String(), "in a reasonable timeframe")
		require.Contains(t, p.logs.String(), "is the clock of this machine right?")
		require.EqualValues(t, 1, p.metrics.value("chronicle_reconnects", reasonToken))
	})
}

// Our clock may be ahead of the server's. The start that a failed first attempt
// makes us remember is one by the server's clock, or it would lie in its future.
func TestClockAheadOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, Header: map[string][]string{"Date": {"Fri, 31 Dec 1999 23:50:00 GMT"}}}})
		r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 2))
		require.Equal(t, []string{"", "1999-12-31T23:50:00.000000Z"}, r.asked())
	})
}
