package network

import (
	"net/http"
	"net/url"
	"os"
)

// A Proxy is a proxy and which setting named it.
type Proxy struct {
	URL *url.URL
	// Origin is the setting, in the words of the person who made it.
	Origin string
}

// String names the proxy for errors, without a password.
func (p *Proxy) String() string { return p.URL.Host + " (" + p.Origin + ")" }

// A ProxyRefusal is a proxy's answer to being asked for a tunnel, other than
// yes. Without it net/http tells only the words of the status.
type ProxyRefusal struct {
	// Code is the HTTP status.
	Code int
	// Status is the HTTP status as it was sent, with its words.
	Status string
}

func (e *ProxyRefusal) Error() string { return "it answered " + e.Status }

// proxyVariables are those that name a proxy for https, in the library's order.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy"}

// BrokenProxyVariable is the environment variable whose value should be a proxy
// and is no URL, "" where there is none. The library takes no notice of such a
// value.
func BrokenProxyVariable() string {
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
func (s Settings) proxyFor(target *url.URL) (*Proxy, error) {
	if IsOwnMachine(target.Hostname()) {
		return nil, nil
	}
	if s.Proxy != nil {
		return s.Proxy, nil
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	if proxy == nil {
		return nil, err
	}
	return &Proxy{proxy, proxyVariables[0]}, nil
}
