package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
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
	refused, err := readAnswer(req, response)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", req.URL.Host, x.network.NoAnswer(x.ctx, req.URL, err))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failed = refused
	return response, nil
}

// tokenLimit is how much of an answer with a token is read, in bytes, as the
// library does.
const tokenLimit = 1 << 20

// readAnswer reads the answer to a request, and puts into its place what the
// library reads of it. Refused is a *[Refusal] where it is no token, nil for what
// the sources of subject tokens answer, which can be anything.
func readAnswer(req *http.Request, response *http.Response) (refused, err error) {
	ok := response.StatusCode >= 200 && response.StatusCode <= 299
	party := partyOf(req)
	if ok && party == PartySubject {
		return nil, nil
	}
	limit := int64(answer.BodyLimit)
	if ok {
		limit = tokenLimit
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit))
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	if !ok || !hasToken(body) {
		refused = newRefusal(party, req, response, body)
	} else {
		body = withWholeSeconds(body)
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return refused, nil
}

// hasToken says whether an answer is one with a token, by any party's name for
// it.
func hasToken(body []byte) bool {
	var said struct {
		Token       string `json:"access_token"`
		Impersonate string `json:"accessToken"`
	}
	return json.Unmarshal(body, &said) == nil && said.Token+said.Impersonate != ""
}

// withWholeSeconds rewrites expires_in where it isn't written as the library
// wants it: token endpoints of others send "3599" and 3599.0.
func withWholeSeconds(body []byte) []byte {
	const expiresIn = "expires_in"
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return body
	}
	digits := strings.TrimSpace(strings.Trim(string(fields[expiresIn]), `"`))
	seconds, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(seconds > 0) {
		return body
	}
	fields[expiresIn] = strconv.AppendInt(nil, int64(min(seconds, math.MaxInt32)), 10)
	if rewritten, err := json.Marshal(fields); err == nil {
		return rewritten
	}
	return body
}

// why is what is to blame for the library's err.
func (x *exchange) why(err error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed != nil {
		return x.failed
	}
	// What follows the first line are answers, and the output of programs.
	text, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(answer.Cut(text, answer.WordsLimit))
}
