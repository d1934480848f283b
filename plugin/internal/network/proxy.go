package network

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// A Proxy is a proxy and which setting named it.
type Proxy struct {
	URL *url.URL
	// Origin is the setting, in the words of the person who made it.
	Origin string
}

// String names the proxy for errors, without a password.
func (p *Proxy) String() string { return p.URL.Host + " (" + p.Origin + ")" }

// A ProxyRefusal is a proxy's answer other than 200 to being asked for a tunnel.
// Without it net/http tells only the words of the status.
type ProxyRefusal struct {
	// Code is the HTTP status.
	Code int
	// Status is the HTTP status as it was sent, with its words.
	Status string
	// Schemes are the ways to sign in to the proxy that it offers, such as Basic
	// or NTLM.
	Schemes []string
}

func newProxyRefusal(answer *http.Response) *ProxyRefusal {
	return &ProxyRefusal{answer.StatusCode, answer.Status, schemes(answer.Header.Values("Proxy-Authenticate"))}
}

// TakesBasic reports whether the proxy takes a user and a password as they are,
// which is assumed where it does not say what it takes.
func (e *ProxyRefusal) TakesBasic() bool {
	return len(e.Schemes) == 0 || slices.ContainsFunc(e.Schemes, func(name string) bool { return strings.EqualFold(name, "Basic") })
}

func (e *ProxyRefusal) Error() string { return "it answered " + e.Status }

// scheme is the name of a way to sign in, at the beginning of a challenge.
var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,30}( |$)`)

// schemes reads the names out of challenges, of which a header may hold several.
func schemes(challenges []string) (names []string) {
	for _, challenge := range challenges {
		for part := range strings.SplitSeq(challenge, ",") {
			if name := strings.TrimSpace(scheme.FindString(strings.TrimSpace(part))); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// proxyVariables are those that name a proxy, for https and for http. Of each
// pair the standard library takes the first that is not empty.
var proxyVariables = [][]string{{"HTTPS_PROXY", "https_proxy"}, {"HTTP_PROXY", "http_proxy"}}

// BrokenProxyVariables are the environment variables that should name a proxy
// for the URL schemes https and http, and hold something else. The standard
// library ignores such a value, or takes a part of it for the host, and says
// nothing of it.
func BrokenProxyVariables() (names []string) {
	for _, pair := range proxyVariables {
		for _, name := range pair {
			value := os.Getenv(name)
			if value == "" {
				continue
			}
			if !isProxy(value) {
				names = append(names, name)
			}
			break
		}
	}
	return names
}

// UnreadProxyVariable is the environment variable that names a proxy for other
// programs and that the standard library does not read, "" where none is set.
func UnreadProxyVariable() string {
	for _, name := range []string{"ALL_PROXY", "all_proxy"} {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// isProxy says whether a value names a proxy as the standard library reads it: a
// URL, or a host with a port perhaps.
func isProxy(value string) bool {
	parsed, err := url.Parse(value)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		parsed, err = url.Parse("http://" + value)
	}
	if err != nil {
		return false
	}
	switch parsed.Hostname() {
	case "", "http", "https", "socks5", "socks5h":
		// Of http:/proxy or http//proxy that is all it takes for the host.
		return false
	}
	return true
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
	return &Proxy{proxy, proxyVariables[0][0]}, nil
}
