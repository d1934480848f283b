package plugin

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// adviseNetwork is for requests without an answer.
func (c *config) adviseNetwork(e *networkError) string {
	if isOwnMachine(hostname(e.host)) && !isLoopback(hostname(e.host)) && e.host != c.endpoint.Host {
		// No proxy is asked for it, and it is no use in a rule of a firewall.
		return fmt.Sprintf("run this on a machine, or in a pod, that has the metadata server %s and may reach it, or put other credentials into %s", e.host, fieldCredentialsFile)
	}
	if broken := brokenProxyVariable(); broken != "" && e.proxy == nil && !isOwnMachine(hostname(e.host)) {
		return fmt.Sprintf("correct %s, which is not a URL and therefore not used; percent-encode what is special in a user or password, or set %s", broken, fieldProxyURL)
	}
	if e.proxy != nil {
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
	)
	allow := fmt.Sprintf("allow connections from this machine to %s, or name the proxy that leads there in %s", withPort(e.host), fieldProxyURL)
	if e.proxy != nil {
		allow = fmt.Sprintf("check that the proxy %s, which is named by %s, lets connections to %s through", e.proxy.url.Host, e.proxy.origin, withPort(e.host))
	}
	switch {
	case errors.As(e.err, &name) && name.IsNotFound:
		return c.adviseName(e.host)
	case errors.As(e.err, &name):
		return "check the name server of this machine, which does not answer; it was asked for " + name.Name
	case errors.As(e.err, &plaintext) || strings.Contains(e.err.Error(), "server gave HTTP response to HTTPS client"):
		return "find out what answers at " + withPort(e.host) + ", which does not speak TLS, and check " + c.hostField(e.host)
	case errors.Is(e.err, syscall.ECONNREFUSED):
		if isLoopback(hostname(e.host)) {
			return "start what is to listen at " + e.host + ", or correct " + c.hostField(e.host)
		}
		return "nothing listens there, or a firewall refuses: " + allow
	case errors.Is(e.err, syscall.EHOSTUNREACH), errors.Is(e.err, syscall.ENETUNREACH):
		return "there is no way from this machine's network: " + allow
	case errors.Is(e.err, errSilence), errors.As(e.err, &timeout) && timeout.Timeout():
		return "something on the way, such as a firewall, may drop what is sent: " + allow
	case errors.Is(e.err, syscall.ECONNRESET), errors.Is(e.err, io.EOF), errors.Is(e.err, io.ErrUnexpectedEOF):
		return "something on the way, such as a firewall or a proxy, breaks the connection off: " + allow
	}
	return ""
}

// adviseName is for a host that does not exist.
func (c *config) adviseName(host string) string {
	field := c.hostField(host)
	return fmt.Sprintf("check %s, since there is no host of that name for this machine's name server; if Google is reached through a proxy only, set %s", field, fieldProxyURL)
}

// hostField is the setting that a host comes from.
func (c *config) hostField(host string) string {
	switch {
	case host != c.endpoint.Host:
		return "the credentials, whose document names " + host
	case c.baseURL:
		return fieldBaseURL
	case c.api == apiChronicle:
		return "the location in " + fieldInstance
	}
	return fieldRegion
}

// adviseProxy is for proxies that are not to be had, or refuse.
func adviseProxy(e *networkError) string {
	var (
		refused *proxyRefusal
		op      *net.OpError
	)
	proxy := e.proxy.url.Host
	switch {
	case errors.As(e.err, &refused) && refused.code == 407:
		return fmt.Sprintf("put the user and password that the proxy wants into %s, as in http://USER:PASSWORD@%s, percent-encoded where they have special characters, and from the environment rather than the file", fieldProxyURL, proxy)
	case errors.As(e.err, &refused):
		return fmt.Sprintf("have the proxy let CONNECT to %s through, or take another one with %s; where %s can be reached without, put it into NO_PROXY", withPort(e.host), fieldProxyURL, hostname(e.host))
	case errors.As(e.err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")):
		return fmt.Sprintf("check that the proxy runs, that %s is its address, and that this machine may reach it; it is named by %s", proxy, e.proxy.origin)
	}
	return ""
}

// adviseCertificate is for TLS connections that one of the sides does not trust.
func adviseCertificate(e *networkError) string {
	var (
		unverified *tls.CertificateVerificationError
		unknown    x509.UnknownAuthorityError
		name       x509.HostnameError
		invalid    x509.CertificateInvalidError
		roots      x509.SystemRootsError
		op         *net.OpError
	)
	switch {
	case errors.As(e.err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("check the clock of this machine, which shows %s; if it is right, the certificate at %s has to be renewed", time.Now().UTC().Format(time.RFC3339), e.host)
	case errors.As(e.err, &name):
		return fmt.Sprintf("find out what answers for %s: its certificate is for %s. A proxy that inspects TLS, a wrong entry in a name server or a wrong %s are what it usually is", hostname(e.host), subject(name.Certificate), fieldBaseURL)
	case errors.As(e.err, &unknown) && errors.As(e.err, &unverified):
		return fmt.Sprintf("if a proxy of yours inspects TLS, put its root certificate into %s.root_cas or %[1]s.root_cas_file; the certificate was issued by %s, which is unknown here. In a container without root certificates install ca-certificates", fieldTLS, issuer(unverified.UnverifiedCertificates))
	case errors.As(e.err, &roots):
		return fmt.Sprintf("install the system's root certificates (ca-certificates), or name some in %s.root_cas_file", fieldTLS)
	case errors.As(e.err, &unverified):
		return fmt.Sprintf("find out what answers at %s, whose certificate is not valid; %s.root_cas_file is for those of a proxy of yours", e.host, fieldTLS)
	case errors.As(e.err, &op) && op.Op == "remote error":
		// An alert: the name that crypto/tls has for those of the other side.
		return fmt.Sprintf("the other side ended the TLS handshake: if it wants a client certificate, set %s.client_certs", fieldTLS)
	}
	return ""
}

func subject(certificate *x509.Certificate) string {
	if names := certificate.DNSNames; len(names) > 0 {
		return truncate(strings.Join(names, ", "), 200)
	}
	return truncate(certificate.Subject.String(), 200)
}

// issuer names who signed the last certificate of a chain.
func issuer(chain []*x509.Certificate) string {
	if len(chain) == 0 {
		return "nobody"
	}
	return fmt.Sprintf("%q", truncate(chain[len(chain)-1].Issuer.String(), 200))
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// withPort is how firewalls name a host.
func withPort(host string) string {
	if hostname(host) == host {
		return net.JoinHostPort(host, "443")
	}
	return host
}
