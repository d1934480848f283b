package input_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// While a key is being rotated, the old one is refused first; the new one is
// picked up from the file at the next connection, without a restart.
func TestKeyRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(2, 10, 1000)
		file := filepath.Join(t.TempDir(), "credentials.json")
		require.NoError(t, r.Server.WriteCredentials(file))
		r.Server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 100, Then: chronicletest.Cut})
		p := r.Start(rig.Settings{"start_time": "2h", "credentials_json": "", "credentials_file": file})
		got := p.Deliver()
		r.Server.RotateKey()
		rig.Pass(10 * time.Second)
		require.Contains(t, p.Logs.String(), "401 UNAUTHENTICATED", "the old token is refused")
		require.Contains(t, p.Logs.String(), "fetching an access token with credentials file "+file+": the token endpoint answered 400 Bad Request invalid_grant", "and so is the old key")
		require.NoError(t, r.Server.WriteCredentials(file))
		require.Equal(t, sent, append(got, p.Deliver()...))
		requests := r.Server.Requests()
		require.Equal(t, times[0], requests[len(requests)-1].ContinuationTime)
	})
}
