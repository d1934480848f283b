package input_test

import (
	"encoding/pem"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Variables that the standard library ignores are warned of first, before what
// may go wrong because of them, even where the start is refused.
func TestBrokenEnvironment(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "roots.pem")
	for _, test := range []struct{ name, value, want string }{
		{"HTTPS_PROXY", "http://me:hunter22%zz@proxy.example.com", "The environment variable HTTPS_PROXY is not a URL and is ignored, so connections are made without the proxy that it should name"},
		{"http_proxy", "http:/me:hunter22@proxy.example.com", "The environment variable http_proxy is not a URL and is ignored"},
		{"SSL_CERT_FILE", missing, "The environment variable SSL_CERT_FILE: open " + missing + ": no such file or directory. It takes the place of the system's root certificates"},
		{"SSL_CERT_DIR", missing, "The environment variable SSL_CERT_DIR: open " + missing + ": no such file or directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(test.name, test.value)
			for _, set := range []rig.Settings{nil, {"credentials_json": "", "credentials_file": missing}} {
				synctest.Test(t, func(t *testing.T) {
					p, err := buildError(rig.New(t), set)
					require.Equal(t, set != nil, err != nil)
					lines := p.Logs.Above()
					require.NotEmpty(t, lines)
					require.Contains(t, lines[0], "level=WARN")
					require.Contains(t, lines[0], test.want)
					require.NotContains(t, p.Logs.String(), "hunter22")
				})
			}
		})
	}
}

// A certificate that is unknown since SSL_CERT_FILE names no file is not blamed
// on a proxy, unless the input has root certificates of its own.
func TestUnknownAuthorityForWantOfRoots(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "roots.pem")
	t.Setenv("SSL_CERT_FILE", missing)
	server := httptest.NewTLSServer(nil)
	server.Close()
	roots := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for _, set := range []rig.Settings{nil, {"tls": map[string]any{"root_cas": string(roots)}}} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			r.Answering(rig.Host+":443", nil, rig.TLSWith(t, rig.Host, time.Hour))
			err := r.ConnectionTest(rig.Elsewhere(set))
			var diagnosis *plugin.Diagnosis
			require.ErrorAs(t, err, &diagnosis)
			require.ErrorContains(t, diagnosis.Problem, "certificate signed by unknown authority")
			blamed := strings.Contains(diagnosis.Advice, "correct or unset the environment variable SSL_CERT_FILE: open "+missing+": no such file or directory")
			require.Equal(t, set == nil, blamed, diagnosis.Advice)
		})
	}
}
