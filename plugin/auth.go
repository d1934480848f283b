package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// An authenticator turns credentials into access tokens. The credentials are
// looked at before every connection, so that a rotated key is picked up; the
// token is kept while they stay the same and it is valid.
type authenticator struct {
	credentials credentials
	scope       string

	mu     sync.Mutex // guards what follows, never held while a token is fetched
	token  *oauth2.Token
	digest [sha256.Size]byte // of the document that the token was got with
}

// authError is a failure to get a token: the credentials, the token endpoint
// or the way there.
type authError struct {
	err error
	// retryAfter is what the token endpoint asked to wait; 0 if it did not.
	retryAfter time.Duration
}

func (e *authError) Error() string { return e.err.Error() }
func (e *authError) Unwrap() error { return e.err }

// fetch returns a valid access token. What it has to ask others for it asks
// with client, within ctx.
func (a *authenticator) fetch(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
	document, err := a.credentials.read()
	if err != nil {
		return nil, &authError{err: err}
	}
	digest := sha256.Sum256(nil)
	if document != nil {
		digest = sha256.Sum256(document.json)
	}
	if token := a.kept(digest); token != nil {
		return token, nil
	}
	token, err := a.ask(ctx, client, document)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.digest = token, digest
	return token, nil
}

// ask gets a new token. It returns when ctx ends even where the library does
// not: the metadata server is asked with a client and a patience of its own.
func (a *authenticator) ask(ctx context.Context, client *http.Client, document *credentialDocument) (*oauth2.Token, error) {
	type outcome struct {
		token *oauth2.Token
		err   error
	}
	asked := make(chan outcome, 1)
	go func() {
		source, origin, err := a.source(bindContext(ctx, client), document)
		if err != nil {
			asked <- outcome{err: &authError{err: err}}
			return
		}
		token, err := source.Token()
		switch {
		case err != nil:
			err = tokenError(origin, err)
		case token.AccessToken == "":
			err = &authError{err: fmt.Errorf("fetching an access token with %s: the token endpoint's answer has none", origin)}
		}
		asked <- outcome{token, err}
	}()
	select {
	case got := <-asked:
		if cause := context.Cause(ctx); got.err != nil && cause != nil {
			// The library reports a cancelled request as text only.
			return nil, &authError{err: fmt.Errorf("fetching an access token: %w", cause)}
		}
		return got.token, got.err
	case <-ctx.Done():
		return nil, &authError{err: fmt.Errorf("fetching an access token: %w", context.Cause(ctx))}
	}
}

func (a *authenticator) kept(digest [sha256.Size]byte) *oauth2.Token {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.digest != digest || !a.token.Valid() {
		return nil
	}
	return a.token
}

// forget drops the kept token: the server refused it, though it may have
// seemed valid.
func (a *authenticator) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = nil
}

func (a *authenticator) source(ctx context.Context, document *credentialDocument) (source oauth2.TokenSource, origin string, err error) {
	if document == nil {
		const origin = "Application Default Credentials"
		found, err := google.FindDefaultCredentials(ctx, a.scope)
		if err != nil {
			return nil, "", fmt.Errorf("finding credentials: neither %s nor %s is set, ~/%s does not exist, and there are no %s: %w",
				fieldCredentialsJSON, fieldCredentialsFile, homeCredentials, origin, err)
		}
		return found.TokenSource, origin, nil
	}
	found, err := google.CredentialsFromJSONWithType(ctx, document.json, document.kind, a.scope)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", document.origin, err)
	}
	return found.TokenSource, document.origin, nil
}

// bindContext makes the library's requests end with ctx. It uses ctx only to
// find a client and would otherwise wait for a silent token endpoint for ever.
func bindContext(ctx context.Context, client *http.Client) context.Context {
	bound := *client
	bound.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		return client.Transport.RoundTrip(req.WithContext(ctx))
	})
	return context.WithValue(ctx, oauth2.HTTPClient, &bound)
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// tokenError keeps of a token endpoint's answer the two fields that RFC 6749
// defines for people, and of other errors no more than a person reads: some
// hold whole answers.
func tokenError(origin string, err error) *authError {
	var retrieval *oauth2.RetrieveError
	if !errors.As(err, &retrieval) {
		return &authError{err: fmt.Errorf("fetching an access token with %s: %s", origin, truncate(err.Error(), wordsLimit))}
	}
	code, description := retrieval.ErrorCode, retrieval.ErrorDescription
	if code == "" {
		var answer struct {
			Code        string `json:"error"`
			Description string `json:"error_description"`
		}
		// An answer that is not JSON has no more to say than its status.
		if json.Unmarshal(retrieval.Body, &answer) == nil {
			code, description = answer.Code, answer.Description
		}
	}
	text := "the token endpoint answered " + retrieval.Response.Status
	if code != "" {
		text += " " + truncate(code, 100)
	}
	if description != "" {
		text += ": " + truncate(description, wordsLimit)
	}
	if strings.Contains(description, "timeframe") || strings.Contains(description, "iat") {
		// Google's words for an assertion that is not of its time.
		text += " (is the clock of this machine right?)"
	}
	return &authError{
		err:        fmt.Errorf("fetching an access token with %s: %s", origin, text),
		retryAfter: parseRetryAfter(retrieval.Response.Header, time.Now()),
	}
}
