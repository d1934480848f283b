package signin

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

// An Authenticator turns credentials into access tokens of one scope. The
// credentials are looked at whenever a token is wanted, so that a rotated key is
// picked up; the token is kept while they stay the same and it is valid.
type Authenticator struct {
	credentials Credentials
	scope       string
	network     network.Settings

	mu     sync.Mutex // guards what follows, never held while a token is fetched
	token  *oauth2.Token
	digest [sha256.Size]byte // of the document that the token was got with
}

// NewAuthenticator returns an authenticator that has not asked for a token yet.
func NewAuthenticator(credentials Credentials, scope string, settings network.Settings) *Authenticator {
	return &Authenticator{credentials: credentials, scope: scope, network: settings}
}

// Fetch returns a valid access token. What it has to ask others for it asks
// with client, within ctx. Errors are an *[Error].
func (a *Authenticator) Fetch(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
	document, err := a.credentials.read()
	if err != nil {
		return nil, &Error{Err: &CredentialError{err}}
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
func (a *Authenticator) ask(ctx context.Context, client *http.Client, document *Document) (*oauth2.Token, error) {
	type outcome struct {
		token *oauth2.Token
		err   error
	}
	asked := make(chan outcome, 1)
	go func() {
		x, bound := newExchange(ctx, client, a.network)
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
			return nil, &Error{document, fmt.Errorf("fetching an access token: %w", cause)}
		}
		if got.err != nil {
			return nil, &Error{document, got.err}
		}
		return got.token, nil
	case <-ctx.Done():
		return nil, &Error{document, fmt.Errorf("fetching an access token: %w", context.Cause(ctx))}
	}
}

func (a *Authenticator) kept(digest [sha256.Size]byte) *oauth2.Token {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.digest != digest || !a.token.Valid() {
		return nil
	}
	return a.token
}

// Forget drops the kept token: the server refused it, though it may have
// seemed valid.
func (a *Authenticator) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = nil
}

func (a *Authenticator) source(ctx context.Context, document *Document) (source oauth2.TokenSource, origin string, err error) {
	if document == nil {
		found, err := google.FindDefaultCredentials(ctx, a.scope)
		switch {
		case err != nil && os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") != "":
			return nil, "", fmt.Errorf("reading the %s: %w", DefaultCredentials, err)
		case err != nil:
			return nil, "", &NoCredentialsError{a.credentials.Unset, err}
		case kindOf(found.JSON) != google.ImpersonatedServiceAccount:
			return found.TokenSource, DefaultCredentials, nil
		}
		document = &Document{Origin: "the " + DefaultCredentials, Kind: google.ImpersonatedServiceAccount, json: found.JSON}
	}
	scopes := []string{a.scope}
	if document.Kind == google.ImpersonatedServiceAccount && a.scope != CloudPlatformScope {
		// The library asks for the source's token and for the impersonated
		// account's with the same scopes. Impersonating wants this one.
		scopes = append(scopes, CloudPlatformScope)
	}
	found, err := google.CredentialsFromJSONWithType(ctx, document.json, document.Kind, scopes...)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", document.Origin, err)
	}
	return found.TokenSource, document.Origin, nil
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
