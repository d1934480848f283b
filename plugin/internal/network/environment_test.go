package network

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func withoutEnvironment(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
		t.Setenv(name, "")
	}
}

// What the standard library makes nothing of, or takes the wrong host out of, is
// told from what it takes for a proxy.
func TestBrokenProxyVariables(t *testing.T) {
	for value, broken := range map[string]bool{
		"http://proxy.example.com:3128": false, "https://proxy.example.com": false, "socks5://127.0.0.1:1080": false,
		"proxy.example.com": false, "proxy.example.com:3128": false, "proxy:3128/": false, "[::1]:3128": false,
		"10.0.0.1:8080": false, "http://me:p%40ss@proxy.example.com": false, "me:secret@proxy.example.com:3128": false, "me:p@ss@proxy:1": false,
		"http://me:hunter22%zz@proxy.example.com": true, "http://pro xy:3128": true, "http://proxy:3128 ": true, "http://proxy:port": true,
		"http:/proxy:3128": true, "http//proxy:3128": true, "http://": true, "http:": true, ":3128": true, "%": true, "http://me:p/ss@proxy:1": true, "http://me:p#ss@proxy:1": true,
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
			withoutEnvironment(t)
			t.Setenv(name, value)
			var want []string
			if broken {
				want = []string{name}
			}
			require.Equal(t, want, BrokenProxyVariables(), value)
		}
	}
	withoutEnvironment(t)
	require.Empty(t, BrokenProxyVariables())
	t.Setenv("HTTPS_PROXY", "proxy:1")
	t.Setenv("https_proxy", "%")
	t.Setenv("HTTP_PROXY", "%")
	t.Setenv("http_proxy", "proxy:1")
	require.Equal(t, []string{"HTTP_PROXY"}, BrokenProxyVariables(), "the first that is set counts")
}

func TestBrokenRoots(t *testing.T) {
	withoutEnvironment(t)
	require.Empty(t, BrokenRoots())
	dir := t.TempDir()
	missing, text := filepath.Join(dir, "none"), filepath.Join(dir, "text.pem")
	require.NoError(t, os.WriteFile(text, []byte("no certificate"), 0o600))
	for name, values := range map[string]map[string]string{
		"SSL_CERT_FILE": {
			missing: "SSL_CERT_FILE: open " + missing + ": no such file or directory",
			dir:     "SSL_CERT_FILE: read " + dir + ": is a directory",
			text:    "SSL_CERT_FILE: " + text + " has no certificate in PEM form",
		},
		"SSL_CERT_DIR": {
			dir:                 "",
			missing:             "SSL_CERT_DIR: open " + missing + ": no such file or directory",
			dir + ":" + missing: "SSL_CERT_DIR: open " + missing + ": no such file or directory",
		},
	} {
		for value, want := range values {
			withoutEnvironment(t)
			t.Setenv(name, value)
			broken := BrokenRoots()
			if want == "" {
				require.Empty(t, broken)
				continue
			}
			require.Len(t, broken, 1)
			require.EqualError(t, broken[0], want)
		}
	}
}

func TestSchemes(t *testing.T) {
	for _, test := range []struct {
		challenges []string
		want       []string
		basic      bool
	}{
		{nil, nil, true},
		{[]string{"NTLM"}, []string{"NTLM"}, false},
		{[]string{"Negotiate", "NTLM", `basic realm="x"`}, []string{"Negotiate", "NTLM", "basic"}, true},
		{[]string{`Digest realm="a, b", nonce="c=="`}, []string{"Digest"}, false},
		{[]string{"Negotiate TlRMTVNTUAA=, NTLM"}, []string{"Negotiate", "NTLM"}, false},
	} {
		got := schemes(test.challenges)
		require.Equal(t, test.want, got)
		require.Equal(t, test.basic, (&ProxyRefusal{Schemes: got}).TakesBasic())
	}
}

// The metadata server that the environment names is this machine's own: it is
// asked without a proxy, and in the clear.
func TestMetadataServer(t *testing.T) {
	t.Setenv(MetadataVariable, "")
	addr, named := MetadataServer()
	require.Equal(t, "169.254.169.254", addr)
	require.False(t, named)
	require.False(t, IsOwnMachine("metadata.example.com"))
	t.Setenv(MetadataVariable, "metadata.example.com:988")
	addr, named = MetadataServer()
	require.Equal(t, "metadata.example.com:988", addr)
	require.True(t, named)
	require.True(t, IsOwnMachine("metadata.example.com"))
	require.False(t, IsOwnMachine("example.com"))
}
