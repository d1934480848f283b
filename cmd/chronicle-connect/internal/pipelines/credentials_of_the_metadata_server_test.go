package pipelines

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// On one of Google's machines no credentials are needed: the metadata server has
// tokens of the account that the machine runs as, for the scope of either API.
func TestMetadataServer(t *testing.T) {
	const instance = "projects/p/locations/us/instances/i"
	for _, test := range []struct{ name, input string }{
		{"backstory", "region: us"},
		{"chronicle", "api: chronicle\n    instance: " + instance},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := chronicletest.NewServer(chronicletest.WithInstance(instance))
			defer server.Close()
			t.Setenv("HOME", t.TempDir())
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
			t.Setenv("GCE_METADATA_HOST", server.MetadataHost())
			path, output := pipeline(t, server, test.input)
			withoutCredentials(t, path)

			code, stdout, _ := programtest.Execute(t, "check", path)
			require.Zero(t, code, stdout)
			require.Contains(t, stdout, "input: ok\n")

			server.Append([]byte(`{"id":"de_1"}`))
			server.Script(
				chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
				chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400}},
			)
			code, _, stderr := programtest.Execute(t, "run", path)
			require.Equal(t, 1, code)
			require.Contains(t, stderr, "the server answered 400")
			delivered, err := os.ReadFile(output)
			require.NoError(t, err)
			require.Equal(t, []string{`{"id":"de_1"}`, ""}, strings.Split(string(delivered), "\n"))
			require.Equal(t, 1+1, server.TokenRequests(), "a token in each process")

			server.ScriptToken(chronicletest.TokenStep{Status: 404})
			code, stdout, _ = programtest.Execute(t, "check", path)
			require.Equal(t, 1, code)
			require.Contains(t, stdout, "input: FAILED: fetching an access token with Application Default Credentials: the metadata server at "+server.MetadataHost()+" answered 404 Not Found")
			require.Contains(t, stdout, "\n  what to do: check the Application Default Credentials: the file that GOOGLE_APPLICATION_CREDENTIALS names, or the account that the machine or the pod runs as\n")
		})
	}
}

// withoutCredentials takes the credentials out of a config.
func withoutCredentials(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "credentials_file") {
			kept = append(kept, line)
		}
	}
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(kept, "")), 0o600))
}
