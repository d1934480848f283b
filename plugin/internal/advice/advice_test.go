package advice_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
)

const host = "chronicle.example.com"

func about(t *testing.T) advice.About {
	t.Helper()
	base, err := url.Parse("https://" + host)
	require.NoError(t, err)
	return advice.About{Endpoint: chronicle.BackstoryEndpoint("", base)}
}

// A credentials file that is gone by the time it is needed is named.
func TestCredentialsFileIsGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.json")
	_, err := signin.NewAuthenticator(signin.Credentials{File: file}, "", network.Settings{}).Fetch(t.Context(), http.DefaultClient)
	require.EqualError(t, err, "reading the credentials file: open "+file+": no such file or directory")
	require.Equal(t, "put the document there as Google issued it; it is read again at each attempt", about(t).On(err))
}

// The library takes no notice of a variable that is no URL: what is asked goes
// nowhere, and its error says nothing of a proxy. Nor is the password shown.
func TestProxyVariableIsNoURL(t *testing.T) {
	err := fmt.Errorf("opening: %w", &network.Error{Host: host, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}})
	for value, want := range map[string]bool{"": false, "proxy.example.com:3128": false, "http://me:ok@proxy.example.com": false, "http://me:hunter22%zz@proxy.example.com": true} {
		t.Setenv("HTTPS_PROXY", value)
		told := about(t).On(err)
		require.Equal(t, want, strings.Contains(told, "correct HTTPS_PROXY, which is not a URL"), value)
		require.NotContains(t, told, "hunter22")
	}
	// That for http has nothing to do with it.
	t.Setenv("HTTPS_PROXY", "")
	t.Setenv("HTTP_PROXY", "%")
	require.NotContains(t, about(t).On(err), "HTTP_PROXY")
}

// A variable that other programs take a proxy from, and Go does not, is named.
func TestProxyVariableIsNotRead(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "")
	for _, err := range []error{
		&network.Error{Host: host, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}},
		&network.Error{Host: host, Err: &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}},
	} {
		t.Setenv("all_proxy", "http://proxy.example.com:3128")
		require.Contains(t, about(t).On(err), "proxy_url or HTTPS_PROXY: all_proxy is not read")
		t.Setenv("all_proxy", "")
		require.NotContains(t, about(t).On(err), "all_proxy")
	}
}

// Of what is not known there is nothing to say.
func TestNoAdvice(t *testing.T) {
	require.Empty(t, about(t).On(errors.New("something else")))
}
