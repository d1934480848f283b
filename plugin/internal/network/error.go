package network

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// An Error is a request without an answer: what was to answer could not be
// reached, or broke off before it did.
type Error struct {
	// Host was to answer, with its port where that was named.
	Host string
	// Proxy was on the way; nil means that the host was asked directly.
	Proxy *Proxy
	// SystemRoots says that it is the system's root certificates that the host's
	// was held against.
	SystemRoots bool
	// Err is what went wrong.
	Err error
}

func (e *Error) Error() string {
	if e.Proxy != nil {
		return fmt.Sprintf("through the proxy %s: %v", e.Proxy, e.Err)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// NoAnswer makes an *Error of what sending a request to target came to. Where
// ctx was cancelled with a cause, that is what went wrong.
func (s Settings) NoAnswer(ctx context.Context, target *url.URL, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		// A cancelled request reports only that it was cancelled.
		err = cause
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		// Which request it was is said elsewhere, without its whole URL.
		err = request.Err
	}
	// That there is no telling the proxy is the error in question then.
	proxy, _ := s.proxyFor(target)
	return &Error{Host: target.Host, Proxy: proxy, SystemRoots: s.TLS == nil || s.TLS.RootCAs == nil, Err: err}
}
