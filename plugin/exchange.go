package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// An exchange is what is asked of others for one access token: of a token
// endpoint, or of several parties in turn where an identity is exchanged for a
// token and that for another one. The library sends the requests and turns what
// goes wrong into text, some of it with whole answers in it; an exchange keeps
// what went wrong as it was.
type exchange struct {
	conf *config
	ctx  context.Context //nolint:containedctx // The library's requests have none of their own.
	base http.RoundTripper

	mu     sync.Mutex // guards failed
	failed error      // of the last request, nil if it was answered with a yes
}

// newExchange returns the exchange and the context that the library finds it
// in. The requests end with ctx: the library uses it only to find a client, and
// would otherwise wait for a silent token endpoint for ever.
func (c *config) newExchange(ctx context.Context, client *http.Client) (*exchange, context.Context) {
	x := &exchange{conf: c, ctx: ctx, base: client.Transport}
	bound := *client
	bound.Transport = x
	return x, context.WithValue(ctx, oauth2.HTTPClient, &bound)
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(req *http.Request) (answer *http.Response, err error) {
	defer func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if err != nil {
			x.failed = err
		}
	}()
	// What a document says was checked when it was read, but not those that
	// the library finds by itself.
	if !isSafe(req.URL, isOwnMachine) {
		return nil, fmt.Errorf("asking %s: want https, not %s", req.URL.Host, req.URL.Scheme)
	}
	answer, err = x.base.RoundTrip(req.WithContext(x.ctx))
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", req.URL.Host, x.conf.noAnswer(x.ctx, req.URL, err))
	}
	var refused error
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		body, err := io.ReadAll(io.LimitReader(answer.Body, refusalLimit))
		_ = answer.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("asking %s: %w", req.URL.Host, x.conf.noAnswer(x.ctx, req.URL, err))
		}
		answer.Body = io.NopCloser(bytes.NewReader(body))
		refused = newTokenRefusal(req, answer, body)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failed = refused
	return answer, nil
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
		return fmt.Errorf("asking %s: %w", hostOf(request.URL), x.conf.noAnswer(x.ctx, &url.URL{Host: hostOf(request.URL)}, err))
	}
	// What follows the first line are answers, and the output of programs.
	text, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(truncate(text, wordsLimit))
}

func hostOf(text string) string {
	if parsed, err := url.Parse(text); err == nil {
		return parsed.Host
	}
	return ""
}

// The parties of an exchange, in the words of errors.
const (
	partyToken       = "the token endpoint"
	partyImpersonate = "the endpoint for impersonation"
	partySubject     = "the source of the subject token"
)

// A tokenRefusal is the answer of one of the parties other than yes.
type tokenRefusal struct {
	party string
	host  string
	code  int
	// status is the HTTP status as it was sent.
	status string
	// problem and description are the two fields that RFC 6749 defines for
	// people, or those of Google's error object; "" where none came.
	problem, description string
	// reason is the machine-readable reason in Google's error object.
	reason     string
	retryAfter time.Duration
	clock      clock
}

func newTokenRefusal(req *http.Request, answer *http.Response, body []byte) *tokenRefusal {
	now := time.Now()
	r := &tokenRefusal{
		party: partyToken, host: req.URL.Host, code: answer.StatusCode, status: answer.Status,
		retryAfter: parseRetryAfter(answer.Header, now), clock: readClock(answer.Header, now),
	}
	switch {
	case strings.HasSuffix(req.URL.Path, ":generateAccessToken"):
		r.party = partyImpersonate
	case req.Method == http.MethodGet:
		r.party = partySubject
	}
	var oauth struct {
		Problem     string `json:"error"`
		Description string `json:"error_description"`
	}
	// An answer of neither shape has no more to say than its status.
	if json.Unmarshal(body, &oauth) == nil {
		r.problem, r.description = oauth.Problem, oauth.Description
	} else if said := readErrorObject(body); said != nil {
		r.problem, r.description, r.reason = said.status, said.message, said.reason
	}
	r.problem, r.description = truncate(r.problem, 100), truncate(r.description, wordsLimit)
	return r
}

func (r *tokenRefusal) Error() string {
	text := r.party
	if r.party != partyToken {
		text += " at " + r.host
	}
	text += " answered " + r.status
	if r.problem != "" {
		text += " " + r.problem
	}
	if r.description != "" {
		text += ": " + r.description
	}
	return text
}
