package pipelines

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestCheck(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	path, _ := pipeline(t, server, "")
	code, stdout, _ := programtest.Execute(t, "check", path)
	require.Zero(t, code)
	require.Contains(t, stdout, "input: ok\n")

	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "missing permission"}})
	code, stdout, _ = programtest.Execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "input: FAILED: opening the stream at ")
	require.Contains(t, stdout, "the server answered 403 PERMISSION_DENIED: missing permission\n  what to do: check base_url, since a key is for one region; then have Google enable the key for the detection API")

	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: eYhDk-f_Cu7"}})
	code, stdout, _ = programtest.Execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "\n  what to do: no role helps here: have the organization's administrators let this account and network through the perimeter of VPC Service Controls, by an ingress rule or an access level; they find the violation by its unique identifier, eYhDk-f_Cu7\n")

	server.ScriptToken(chronicletest.TokenStep{Body: []byte("<!DOCTYPE html><title>Welcome to the guest network</title>")})
	code, stdout, _ = programtest.Execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "the token endpoint's answer has none: Welcome to the guest network\n  what to do: find out what answers at ")

	// As of the answer, since it may be a while until the program asks.
	remove := server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
		call.UseStep(chronicletest.Step{Header: http.Header{"Date": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}})
		return false
	})
	code, stdout, _ = programtest.Execute(t, "check", path)
	remove()
	require.Zero(t, code)
	require.Regexp(t, "^warning: This input uses the Backstory API, .*\nwarning: The clock of this machine is (1h0m0s|59m59s) behind the server's. Set it: .*\ninput: ok\n", stdout)

	// A server's words may quote what it was sent, and have lines of their own.
	t.Setenv("CHRONICLE_TOKEN", "a_secret_of_somebody")
	path, _ = pipeline(t, server, "composite_alert_handling: ${CHRONICLE_TOKEN}\n    api: chronicle\n    instance: projects/p/locations/us/instances/i")
	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Invalid compositeAlertHandling:\noutput: ok a_secret_of_somebody"}})
	code, stdout, _ = programtest.Execute(t, "check", path)
	require.Equal(t, 1, code)
	require.Contains(t, stdout, "Invalid compositeAlertHandling: output: ok ${CHRONICLE_TOKEN}\n  what to do: change composite_alert_handling, or leave it out\n")

	code, _, stderr := programtest.Execute(t, "check", filepath.Join(t.TempDir(), "none.yaml"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "reading the config: open ")
}

// Variables that the standard library ignores are warned of before anything else,
// by every command that makes the input.
func TestCheckWarnsOfTheEnvironment(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	path, _ := pipeline(t, server, "")
	missing := filepath.Join(t.TempDir(), "roots.pem")
	t.Setenv("HTTPS_PROXY", "http://me:hunter22%zz@proxy.example.com")
	t.Setenv("SSL_CERT_FILE", missing)
	code, stdout, stderr := programtest.Execute(t, "check", path)
	require.Zero(t, code)
	require.Regexp(t, "^warning: The environment variable HTTPS_PROXY is not a URL and is ignored, .*\nwarning: The environment variable SSL_CERT_FILE: open "+missing+": no such file or directory. .*\nwarning: This input uses the Backstory API", stdout)
	require.NotContains(t, stdout+stderr, "hunter22")

	server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400}})
	code, stdout, stderr = programtest.Execute(t, "run", path)
	require.Equal(t, 1, code)
	_, afterwards, found := strings.Cut(stdout+stderr, "The environment variable HTTPS_PROXY")
	require.True(t, found)
	require.Contains(t, afterwards, "This input uses the Backstory API")
	require.Contains(t, afterwards, "Reading begins at ")
}
