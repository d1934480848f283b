package signin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

// An exchange is what is asked of others for one access token: of a token
// endpoint, or of several parties in turn where an identity is exchanged for a
// token and that for another one. The library sends the requests and turns what
// goes wrong into text, some of it with whole answers in it; an exchange keeps
// what went wrong as it was.
type exchange struct {
	network network.Settings
	ctx     context.Context //nolint:containedctx // The library's requests have none of their own.
	base    http.RoundTripper

	mu     sync.Mutex // guards failed
	failed error      // of the last request, nil if it was answered with a yes
}

// newExchange returns the exchange and the context that the library finds it
// in. The requests end with ctx: the library uses it only to find a client, and
// would otherwise wait for a silent token endpoint indefinitely.
func newExchange(ctx context.Context, client *http.Client, settings network.Settings) (*exchange, context.Context) {
	x := &exchange{network: settings, ctx: ctx, base: client.Transport}
	bound := *client
	bound.Transport = x
	return x, context.WithValue(ctx, oauth2.HTTPClient, &bound)
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(req *http.Request) (response *http.Response, err error) {
	defer func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if err != nil {
			x.failed = err
		}
	}()
	// What a document says was checked when it was read, but not those that
	// the library finds by itself.
	if !isSafe(req.URL, network.IsOwnMachine) {
		return nil, fmt.Errorf("asking %s: want https, not %s", req.URL.Host, req.URL.Scheme)
	}
	response, err = x.base.RoundTrip(req.WithContext(x.ctx))
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", req.URL.Host, x.network.NoAnswer(x.ctx, req.URL, err))
	}
	var refused error
	if response.StatusCode < 200 || response.StatusCode > 299 {
		body, err := io.ReadAll(io.LimitReader(response.Body, answer.BodyLimit))
		_ = response.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("asking %s: %w", req.URL.Host, x.network.NoAnswer(x.ctx, req.URL, err))
		}
		response.Body = io.NopCloser(bytes.NewReader(body))
		refused = newRefusal(req, response, body)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failed = refused
	return response, nil
}

// why is what is to blame for the library's err.
func (x *exchange) why(err error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed != nil {
		return x.failed
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		// The metadata server is asked with a client of the library's own.
		return fmt.Errorf("asking %s: %w", hostOf(request.URL), x.network.NoAnswer(x.ctx, &url.URL{Host: hostOf(request.URL)}, err))
	}
	// What follows the first line are answers, and the output of programs.
	text, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(answer.Cut(text, answer.WordsLimit))
}

func hostOf(text string) string {
	if parsed, err := url.Parse(text); err == nil {
		return parsed.Host
	}
	return ""
}
