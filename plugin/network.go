package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
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

// proxyVariables are those that name a proxy for https, in the library's order.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy"}

// brokenProxyVariable is the variable whose value is no URL, "" where there is
// none. The library takes no notice of such a value.
func brokenProxyVariable() string {
	for _, name := range proxyVariables {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		parsed, err := url.Parse(value)
		if err != nil || parsed.Host == "" {
			_, err = url.Parse("http://" + value)
		}
		if err != nil {
			return name
		}
		return ""
	}
	return ""
}

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
	if proxy == nil {
		return nil, err
	}
	return &proxyUse{proxy, proxyVariables[0]}, nil
}

// noAnswer makes a networkError of what sending a request to target came to.
func (c *config) noAnswer(ctx context.Context, target *url.URL, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		// A cancelled request reports only that it was cancelled.
		err = cause
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
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
