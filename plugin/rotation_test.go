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
