package signin

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The first that is there is used: the document, the file, the file in the home
// directory, Application Default Credentials.
func TestCredentialsOrder(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	goodKey := string(server.CredentialsJSON())
	home := t.TempDir()
	t.Setenv("HOME", home)
	file := filepath.Join(t.TempDir(), "key.json")
	origin := func(c Credentials) string {
		t.Helper()
		document, err := c.read("")
		require.NoError(t, err)
		if document == nil {
			return "default"
		}
		return document.Origin
	}
	require.Equal(t, "default", origin(Credentials{}))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".chronicle_credentials.json"), []byte(goodKey), 0o600))
	require.Equal(t, "credentials file "+filepath.Join(home, ".chronicle_credentials.json"), origin(Credentials{}))
	require.NoError(t, os.WriteFile(file, []byte(goodKey), 0o600))
	require.Equal(t, "credentials file "+file, origin(Credentials{File: file}))
	require.Equal(t, "field credentials_json", origin(Credentials{Document: goodKey, File: file, Origin: "field credentials_json"}))
}
