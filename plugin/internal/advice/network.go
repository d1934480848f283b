package advice

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

// httpsProxy is the environment variable with the proxy for requests such as
// ours.
const httpsProxy = "HTTPS_PROXY"

// adviseNetwork is for requests without an answer.
func (a About) adviseNetwork(e *network.Error) string {
	if network.IsOwnMachine(network.Hostname(e.Host)) && !network.IsLoopback(network.Hostname(e.Host)) && e.Host != a.Endpoint.URL.Host {
		// No proxy is asked for it, and it is no use in a rule of a firewall.
		return fmt.Sprintf("run this on a machine, or in a pod, that has the metadata server %s and may reach it, or put other credentials into %s", e.Host, field.CredentialsFile)
	}
	if broken := network.BrokenProxyVariables(); len(broken) > 0 && strings.EqualFold(broken[0], httpsProxy) && (e.Proxy == nil || e.Proxy.Origin == httpsProxy) && !network.IsOwnMachine(network.Hostname(e.Host)) {
		return fmt.Sprintf("correct %s, which is not a URL and therefore not used; percent-encode what is special in a user or password, or set %s", broken[0], field.ProxyURL)
	}
	if e.Proxy != nil {
		if advice := adviseProxy(e); advice != "" {
			return advice
		}
	}
	if advice := adviseCertificate(e); advice != "" {
		return advice
	}
	var (
		name      *net.DNSError
		plaintext tls.RecordHeaderError
		timeout   net.Error
		silence   *chronicle.SilenceError
	)
	allow := fmt.Sprintf("allow connections from this machine to %s, or name the proxy that leads there in %s%s", withPort(e.Host), field.ProxyURL, unreadProxy())
	if e.Proxy != nil {
		allow = fmt.Sprintf("check that the proxy %s, which is named by %s, lets connections to %s through", e.Proxy.URL.Host, e.Proxy.Origin, withPort(e.Host))
	}
	switch {
	case errors.As(e.Err, &name) && name.IsNotFound:
		return a.adviseName(e.Host)
	case errors.As(e.Err, &name):
		return "check the name server of this machine, which does not answer; it was asked for " + name.Name
	case errors.As(e.Err, &plaintext) || strings.Contains(e.Err.Error(), "server gave HTTP response to HTTPS client"):
		return "find out what answers at " + withPort(e.Host) + ", which does not speak TLS, and check " + a.hostField(e.Host)
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		if network.IsLoopback(network.Hostname(e.Host)) {
			return "start what is to listen at " + e.Host + ", or correct " + a.hostField(e.Host)
		}
		return "nothing listens there, or a firewall refuses: " + allow
	case errors.Is(e.Err, syscall.EHOSTUNREACH), errors.Is(e.Err, syscall.ENETUNREACH):
		return "there is no way from this machine's network: " + allow
	case errors.As(e.Err, &silence) && silence.Unanswered:
		return a.adviseUnanswered()
	case errors.Is(e.Err, chronicle.ErrSilence), errors.As(e.Err, &timeout) && timeout.Timeout():
		return "something on the way, such as a firewall, may drop what is sent: " + allow
	case errors.Is(e.Err, syscall.ECONNRESET), errors.Is(e.Err, io.EOF), errors.Is(e.Err, io.ErrUnexpectedEOF):
		return "something on the way, such as a firewall or a proxy, breaks the connection off: " + allow
	}
	return ""
}

// adviseUnanswered is for a request that was sent, and of whose answer no element has
// begun.
func (a About) adviseUnanswered() string {
	return fmt.Sprintf("suspect a proxy on the way that buffers or scans answers instead of passing them on as they come: have it let those of %s through at once, or put that host into NO_PROXY; where reading begins days ago, the first batch may just take longer, so raise %s",
		network.Hostname(a.Endpoint.URL.Host), field.FirstByteTimeout)
}

// adviseName is for a host that does not exist.
func (a About) adviseName(host string) string {
	setting := a.hostField(host)
	return fmt.Sprintf("check %s, since there is no host of that name for this machine's name server; if Google is reached through a proxy only, set %s%s", setting, field.ProxyURL, unreadProxy())
}

// unreadProxy is what to add where a proxy might be missing.
func unreadProxy() string {
	if name := network.UnreadProxyVariable(); name != "" {
		return " or " + httpsProxy + ": " + name + " is not read"
	}
	return ""
}

// hostField is the setting that a host comes from.
func (a About) hostField(host string) string {
	metadata, named := network.MetadataServer()
	switch {
	case named && host == metadata:
		return network.MetadataVariable
	case host != a.Endpoint.URL.Host:
		return "the credentials, whose document names " + host
	case a.Endpoint.Custom:
		return field.BaseURL
	case a.Endpoint.API == chronicle.Chronicle:
		return "the location in " + field.Instance
	}
	return field.Region
}

// adviseProxy is for proxies that are not to be had, or refuse.
func adviseProxy(e *network.Error) string {
	var (
		refused *network.ProxyRefusal
		op      *net.OpError
	)
	proxy := e.Proxy.URL.Host
	switch {
	case errors.As(e.Err, &refused) && refused.Code == http.StatusProxyAuthRequired && !refused.TakesBasic():
		return fmt.Sprintf("have connections to %s let through without signing in to the proxy, or run a helper such as Px or Cntlm on this machine and name that in %s: the proxy wants %s, and only Basic is supported here", withPort(e.Host), field.ProxyURL, strings.Join(refused.Schemes, " or "))
	case errors.As(e.Err, &refused) && refused.Code == http.StatusProxyAuthRequired:
		return fmt.Sprintf("put the user and password that the proxy wants into %s, as in http://USER:PASSWORD@%s, percent-encoded where they have special characters, and from the environment rather than the file", field.ProxyURL, proxy)
	case errors.As(e.Err, &refused):
		return fmt.Sprintf("have the proxy let CONNECT to %s through, or take another one with %s; where %s can be reached without, put it into NO_PROXY", withPort(e.Host), field.ProxyURL, network.Hostname(e.Host))
	case errors.As(e.Err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		return fmt.Sprintf("check that the proxy runs, that %s is its address, and that this machine may reach it; it is named by %s", proxy, e.Proxy.Origin)
	}
	return ""
}

// adviseCertificate is for TLS connections that one of the sides does not trust.
func adviseCertificate(e *network.Error) string {
	var (
		unverified *tls.CertificateVerificationError
		unknown    x509.UnknownAuthorityError
		name       x509.HostnameError
		invalid    x509.CertificateInvalidError
		roots      x509.SystemRootsError
		op         *net.OpError
	)
	broken := ""
	if e.SystemRoots {
		broken = brokenRoots()
	}
	switch {
	case broken != "" && (errors.As(e.Err, &unknown) || errors.As(e.Err, &roots)):
		return fmt.Sprintf("correct or unset the environment variable %s. It takes the place of the system's root certificates, without which servers are not trusted", broken)
	case errors.As(e.Err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("check the clock of this machine, which shows %s; if it is right, the certificate at %s has to be renewed", time.Now().UTC().Format(time.RFC3339), e.Host)
	case errors.As(e.Err, &name):
		return fmt.Sprintf("find out what answers for %s: its certificate is for %s. A proxy that inspects TLS, a wrong entry in a name server or a wrong %s are what it usually is", network.Hostname(e.Host), subject(name.Certificate), field.BaseURL)
	case errors.As(e.Err, &unknown) && errors.As(e.Err, &unverified):
		return fmt.Sprintf("if a proxy of yours inspects TLS, put its root certificate into %s.root_cas or %[1]s.root_cas_file; the certificate was issued by %s, which is unknown here. In a container without root certificates install ca-certificates", field.TLS, issuer(unverified.UnverifiedCertificates))
	case errors.As(e.Err, &roots):
		return fmt.Sprintf("install the system's root certificates (ca-certificates), or name some in %s.root_cas_file", field.TLS)
	case errors.As(e.Err, &unverified):
		return fmt.Sprintf("find out what answers at %s, whose certificate is not valid; %s.root_cas_file is for those of a proxy of yours", e.Host, field.TLS)
	case errors.As(e.Err, &op) && op.Op == "remote error":
		// An alert: the name that crypto/tls has for those of the other side.
		return fmt.Sprintf("the other side ended the TLS handshake: if it wants a client certificate, set %s.client_certs", field.TLS)
	}
	return ""
}

func subject(certificate *x509.Certificate) string {
	if names := certificate.DNSNames; len(names) > 0 {
		return answer.Cut(strings.Join(names, ", "), 200)
	}
	return answer.Cut(certificate.Subject.String(), 200)
}

// issuer names who signed the last certificate of a chain.
func issuer(chain []*x509.Certificate) string {
	if len(chain) == 0 {
		return "nobody"
	}
	return fmt.Sprintf("%q", answer.Cut(chain[len(chain)-1].Issuer.String(), 200))
}

// withPort is how firewalls name a host.
func withPort(host string) string {
	if network.Hostname(host) == host {
		return net.JoinHostPort(host, "443")
	}
	return host
}
