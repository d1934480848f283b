package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// An authenticator turns credentials into access tokens. The credentials are
// looked at before every connection, so that a rotated key is picked up; the
// token is kept while they stay the same and it is valid.
type authenticator struct {
	conf *config

	mu     sync.Mutex // guards what follows, never held while a token is fetched
	token  *oauth2.Token
	digest [sha256.Size]byte // of the document that the token was got with
}

// authError is a failure to get a token: the credentials, the token endpoint
// or the way there.
type authError struct {
	// document is what the token was asked for with, nil where that was
	// Application Default Credentials or where it could not be read.
	document *credentialDocument
	err      error
}

func (e *authError) Error() string { return e.err.Error() }
func (e *authError) Unwrap() error { return e.err }

// retryAfter is what the token endpoint asked to wait; 0 if it did not.
func (e *authError) retryAfter() time.Duration {
	if refused, ok := errors.AsType[*tokenRefusal](e.err); ok {
		return refused.retryAfter
	}
	return 0
}

// noCredentialsError says that there are none anywhere.
type noCredentialsError struct{ err error }

func (e *noCredentialsError) Error() string {
	return fmt.Sprintf("finding credentials: neither %s nor %s is set, ~/%s does not exist, and there are no %s: %v",
		fieldCredentialsJSON, fieldCredentialsFile, homeCredentials, defaultCredentials, e.err)
}

// defaultCredentials is what Google calls those that the library finds.
const defaultCredentials = "Application Default Credentials"

// fetch returns a valid access token. What it has to ask others for it asks
// with client, within ctx.
func (a *authenticator) fetch(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
	document, err := a.conf.credentials.read()
	if err != nil {
		return nil, &authError{err: &credentialError{err}}
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
		x, bound := a.conf.newExchange(ctx, client)
		source, origin, err := a.source(bound, document)
		if err != nil {
			asked <- outcome{err: err}
			return
		}
		token, err := source.Token()
		switch {
		case err != nil:
			err = fmt.Errorf("fetching an access token with %s: %w", origin, x.why(err))
		case token.AccessToken == "":
			err = fmt.Errorf("fetching an access token with %s: the token endpoint's answer has none", origin)
		}
		asked <- outcome{token, err}
	}()
	select {
	case got := <-asked:
		if cause := context.Cause(ctx); got.err != nil && cause != nil {
			// The library reports a cancelled request as text only.
			return nil, &authError{document, fmt.Errorf("fetching an access token: %w", cause)}
		}
		if got.err != nil {
			return nil, &authError{document, got.err}
		}
		return got.token, nil
	case <-ctx.Done():
		return nil, &authError{document, fmt.Errorf("fetching an access token: %w", context.Cause(ctx))}
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
		found, err := google.FindDefaultCredentials(ctx, a.conf.scope)
		switch {
		case err != nil && os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") != "":
			return nil, "", fmt.Errorf("reading the %s: %w", defaultCredentials, err)
		case err != nil:
			return nil, "", &noCredentialsError{err}
		case kindOf(found.JSON) != google.ImpersonatedServiceAccount:
			return found.TokenSource, defaultCredentials, nil
		}
		document = &credentialDocument{origin: "the " + defaultCredentials, json: found.JSON, kind: google.ImpersonatedServiceAccount}
	}
	scopes := []string{a.conf.scope}
	if document.kind == google.ImpersonatedServiceAccount && a.conf.scope != chronicleScope {
		// The library asks for the source's token and for the impersonated
		// account's with the same scopes. Impersonating wants this one.
		scopes = append(scopes, chronicleScope)
	}
	found, err := google.CredentialsFromJSONWithType(ctx, document.json, document.kind, scopes...)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", document.origin, err)
	}
	return found.TokenSource, document.origin, nil
}

// kindOf is the type of a credentials document that is known to be one, "" where
// there is none, as with a metadata server.
func kindOf(document []byte) google.CredentialsType {
	var fields struct {
		Type google.CredentialsType `json:"type"`
	}
	// The library has read it before, so it is JSON or nothing.
	_ = json.Unmarshal(document, &fields)
	return fields.Type
}
