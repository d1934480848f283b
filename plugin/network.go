package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// A networkError is a request without an answer: what was to answer could not
// be reached, or broke off before it did.
type networkError struct {
	host  string    // which was to answer
	proxy *proxyUse // nil = asked directly
	err   error
}

func (e *networkError) Error() string {
	if e.proxy != nil {
		return fmt.Sprintf("through the proxy %s: %v", e.proxy, e.err)
	}
	return e.err.Error()
}

func (e *networkError) Unwrap() error { return e.err }

// A proxyRefusal is a proxy's answer to being asked for a tunnel, other than
// yes. Without it net/http tells only the words of the status.
type proxyRefusal struct {
	code   int
	status string
}

func (e *proxyRefusal) Error() string { return "it answered " + e.status }

// A proxyUse is a proxy and which setting named it. Its text has no password.
type proxyUse struct {
	url    *url.URL
	origin string
}

func (p *proxyUse) String() string { return p.url.Host + " (" + p.origin + ")" }

// proxyEnvironment is where the proxy is from that proxy_url does not name.
const proxyEnvironment = "from HTTPS_PROXY"

// errProxyEnvironment stands for the library's error, which quotes the variable
// with the password in it.
var errProxyEnvironment = errors.New("the environment variable HTTPS_PROXY is not the URL of a proxy")

// proxyFor is the proxy on the way to target, nil where there is none: never to
// an address of this machine or this link, as with the environment's proxies.
func (c *config) proxyFor(target *url.URL) (*proxyUse, error) {
	if isOwnMachine(target.Hostname()) {
		return nil, nil
	}
	if c.proxy != nil {
		return &proxyUse{c.proxy, fieldProxyURL}, nil
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	switch {
	case err != nil:
		return nil, errProxyEnvironment
	case proxy == nil:
		return nil, nil
	}
	return &proxyUse{proxy, proxyEnvironment}, nil
}

// noAnswer makes a networkError of what sending a request to target came to.
func (c *config) noAnswer(ctx context.Context, target *url.URL, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		// A cancelled request reports only that it was cancelled.
		err = cause
	}
	var request *url.Error
	if errors.As(err, &request) {
		// Which request it was is said elsewhere, without its whole URL.
		err = request.Err
	}
	// That there is no telling the proxy is the error in question then.
	proxy, _ := c.proxyFor(target)
	return &networkError{host: target.Host, proxy: proxy, err: err}
}

// isLocal says whether host is this machine, or an address of its own link such
// as the metadata servers of cloud machines have.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return isLoopback(host) || ip != nil && ip.IsLinkLocalUnicast()
}
