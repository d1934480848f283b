package network

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// dialTimeout is how long connecting to one address may take, so that
	// there is time for another before the silence is too long.
	dialTimeout = 30 * time.Second

	// readBuffer is how much is read from the socket at once.
	readBuffer = 256 << 10
)

// A DialFunc opens a connection, as that of net.Dialer does.
type DialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// Settings are how servers are reached. The zero Settings are those of the
// system: its root certificates, and the proxies of the environment.
type Settings struct {
	// Proxy is asked for all hosts but those of this machine; nil means the
	// environment's.
	Proxy *Proxy
	// TLS is for all connections; nil means the library's own.
	TLS *tls.Config
	// Dial is the network, unless it is nil.
	Dial DialFunc
}

// NewClient makes the client of one connection. Each connection has its own, so
// that none is opened over what a silent one left behind. release closes every
// socket: an HTTP/2 transport keeps those whose streams were cancelled.
func (s Settings) NewClient() (client *http.Client, release func()) {
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	sockets := &socketSet{dial: dial}
	transport := &http.Transport{
		DialContext:       sockets.open,
		TLSClientConfig:   s.TLS.Clone(),
		ForceAttemptHTTP2: true,
		ReadBufferSize:    readBuffer,
		// Compression that is not asked for does not hold heartbeats back.
		DisableCompression: true,
	}
	transport.Proxy = func(req *http.Request) (*url.URL, error) {
		proxy, err := s.proxyFor(req.URL)
		if proxy == nil {
			return nil, err
		}
		return proxy.URL, nil
	}
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return newProxyRefusal(answer)
		}
		return nil
	}
	client = &http.Client{
		Transport: transport,
		// A redirect would carry the token elsewhere. It is an answer like
		// any other that is not the one that was asked for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client, func() {
		transport.CloseIdleConnections()
		sockets.close()
	}
}
