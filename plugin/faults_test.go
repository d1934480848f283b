package plugin

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// connectionTest is what Benthos' own connection test says of the input.
func (r *rig) connectionTest(set settings) error {
	r.t.Helper()
	_, builder, err := r.configure(set)
	require.NoError(r.t, err)
	res, _, err := builder.BuildSuspended()
	require.NoError(r.t, err)
	results, err := res.ConnectionTest(r.t.Context())
	require.NoError(r.t, err)
	for _, result := range results {
		if result.Label == "alerts" {
			return result.Err
		}
	}
	require.Fail(r.t, "the input was not tested", "%v", results)
	return nil
}

// Hosts of the tests that are not the stand-in.
const (
	testHost      = "chronicle.example.com"
	testProxy     = "http://somebody:hunter22@proxy.example.com:3128"
	testProxyHost = "proxy.example.com:3128"
)

// elsewhere is an input whose stream is at another host than its token endpoint.
func elsewhere(more settings) settings {
	set := settings{"base_url": "https://" + testHost, "idle_timeout": "10s"}
	maps.Copy(set, more)
	return set
}

// answering makes dialling an address come to what answer does with the other
// end of the connection, or to an error where answer is nil.
func (r *rig) answering(addr string, err error, answer func(net.Conn)) {
	dial := r.dial
	r.dial = func(ctx context.Context, network, to string) (net.Conn, error) {
		switch {
		case to != addr:
			return dial(ctx, network, to)
		case answer == nil:
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		// Buffered as a socket is: both sides may write at once.
		between := chronicletest.NewNetwork()
		listener, err := between.Listen()
		if err != nil {
			return nil, err
		}
		go func() {
			defer listener.Close()
			if conn, err := listener.Accept(); err == nil {
				answer(conn)
				_ = conn.Close()
			}
		}()
		return between.DialContext(ctx, network, to)
	}
}

// tlsWith answers with a certificate of its own making.
func tlsWith(t *testing.T, name string, until time.Duration) func(net.Conn) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "Inspecting Proxy CA", Organization: []string{"Example Corp"}},
		DNSNames:     []string{name},
		NotBefore:    time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(until),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	conf := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return func(conn net.Conn) {
		_ = tls.Server(conn, conf).Handshake() // what becomes of it is the client's to say
		_, _ = io.Copy(io.Discard, conn)
	}
}

// proxyAnswering answers CONNECT with a status, and goes on with tunnel.
func proxyAnswering(status string, tunnel func(net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", status)
		if tunnel != nil {
			tunnel(conn)
		}
	}
}

// plaintext answers whatever comes in the clear.
func plaintext(conn net.Conn) {
	fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
	_, _ = io.Copy(io.Discard, conn) // until the client leaves
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	require.NoError(t, err)
	return parsed
}

func noSuchHost(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func googleError(status int, code, message, reason string) chronicletest.Step {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{
		"code": status, "status": code, "message": message,
		"details": []any{map[string]any{"reason": reason}, map[string]any{"links": []any{}}},
	}})
	return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, Body: body}}
}

func invalidGrant(description string) chronicletest.TokenStep {
	return chronicletest.TokenStep{Status: 400, Body: fmt.Appendf(nil, `{"error":"invalid_grant","error_description":%q}`, description)}
}

// refusingTLS ends the handshake with an alert.
func refusingTLS(conn net.Conn) {
	_ = tls.Server(conn, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return nil, errors.New("no certificate for you")
	}}).Handshake()
	_, _ = io.Copy(io.Discard, conn) // until the client leaves
}

// requireNoSecret looks for what must never be shown.
func requireNoSecret(t *testing.T, credentials, text string) {
	t.Helper()
	var document struct {
		PrivateKey string `json:"private_key"`
	}
	require.NoError(t, json.Unmarshal([]byte(credentials), &document))
	secrets := []string{strings.Split(document.PrivateKey, "\n")[1], "hunter22", "ya29.", "secret-key-of-the-page", "eyJ"}
	for _, secret := range secrets {
		require.NotContains(t, text, secret)
	}
}
