package rig

import (
	"bufio"
	"bytes"
	"compress/gzip"
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

// ConnectionTest is what Benthos' own connection test says of the input.
func (r *Rig) ConnectionTest(set Settings) error {
	r.T.Helper()
	_, builder, err := r.Configure(set)
	require.NoError(r.T, err)
	res, _, err := builder.BuildSuspended()
	require.NoError(r.T, err)
	results, err := res.ConnectionTest(r.T.Context())
	require.NoError(r.T, err)
	for _, result := range results {
		if result.Label == "alerts" {
			return result.Err
		}
	}
	require.Fail(r.T, "the input was not tested", "%v", results)
	return nil
}

// Hosts of the tests that are not the stand-in.
const (
	Host      = "chronicle.example.com"
	Proxy     = "http://somebody:hunter22@proxy.example.com:3128"
	ProxyHost = "proxy.example.com:3128"
)

// Elsewhere is an input whose stream is at another host than its token endpoint.
func Elsewhere(more Settings) Settings {
	set := Settings{"base_url": "https://" + Host, "idle_timeout": "10s"}
	maps.Copy(set, more)
	return set
}

// Answering makes dialling an address come to what answer does with the other
// end of the connection, or to an error where answer is nil.
func (r *Rig) Answering(addr string, err error, answer func(net.Conn)) {
	dial := r.Dial
	r.Dial = func(ctx context.Context, network, to string) (net.Conn, error) {
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

// TLSWith answers with a certificate of its own making.
func TLSWith(t *testing.T, name string, until time.Duration) func(net.Conn) {
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

// ProxyAnswering answers CONNECT with a status, and goes on with tunnel.
func ProxyAnswering(status string, tunnel func(net.Conn)) func(net.Conn) {
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

// Plaintext answers whatever comes in the clear.
func Plaintext(conn net.Conn) {
	fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
	_, _ = io.Copy(io.Discard, conn) // until the client leaves
}

// MustParse is a URL.
func MustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(text)
	require.NoError(t, err)
	return parsed
}

// NoSuchHost is the error of a name server that has no such name.
func NoSuchHost(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// GoogleError refuses a stream with a reason among the details.
func GoogleError(status int, code, message, reason string) chronicletest.Step {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{
		"code": status, "status": code, "message": message,
		"details": []any{map[string]any{"reason": reason}, map[string]any{"links": []any{}}},
	}})
	return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, Body: body}}
}

// InvalidGrant refuses a token.
func InvalidGrant(description string) chronicletest.TokenStep {
	return chronicletest.TokenStep{Status: 400, Body: fmt.Appendf(nil, `{"error":"invalid_grant","error_description":%q}`, description)}
}

// RefusingTLS ends the handshake with an alert.
func RefusingTLS(conn net.Conn) {
	_ = tls.Server(conn, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return nil, errors.New("no certificate for you")
	}}).Handshake()
	_, _ = io.Copy(io.Discard, conn) // until the client leaves
}

// NoSecret looks for what must never be shown.
func NoSecret(t *testing.T, credentials, text string) {
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

// Compressed is text in gzip.
func Compressed(t *testing.T, plain string) []byte {
	t.Helper()
	var body bytes.Buffer
	w := gzip.NewWriter(&body)
	_, err := io.WriteString(w, plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return body.Bytes()
}
