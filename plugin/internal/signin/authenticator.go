package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
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
	access *Access
	digest [sha256.Size]byte // of the document that the token was got with
	used   string            // the file with that document, "" for none
}

// An Access is what lets a request through.
type Access struct {
	token        *oauth2.Token
	quotaProject string // "" = none
}

// Authorize puts the token into a request, and the project that the request
// counts for, if there is one. Without that, Google lets it count for the project
// of the account, and refuses accounts that have none
// (https://cloud.google.com/docs/quotas/quota-project).
func (a *Access) Authorize(req *http.Request) {
	a.token.SetAuthHeader(req)
	if a.quotaProject != "" {
		req.Header.Set("X-Goog-User-Project", a.quotaProject)
	}
}

// NewAuthenticator returns an authenticator that has not asked for a token yet.
func NewAuthenticator(credentials Credentials, scope string, settings network.Settings) *Authenticator {
	return &Authenticator{credentials: credentials, scope: scope, network: settings}
}

// Fetch returns access with a valid token. What it has to ask others for it asks
// with client, within ctx. Errors are an *[Error].
func (a *Authenticator) Fetch(ctx context.Context, client *http.Client) (*Access, error) {
	document, err := a.credentials.read(a.lastUsed())
	if err != nil {
		return nil, &Error{Err: &CredentialError{err}}
	}
	digest := sha256.Sum256(nil)
	if document != nil {
		digest = sha256.Sum256(document.json)
	}
	if access := a.kept(digest); access != nil {
		return access, nil
	}
	access, err := a.ask(ctx, client, document)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.access, a.digest = access, digest
	if document != nil {
		a.used = document.path
	}
	return access, nil
}

// lastUsed is the file with the document that the last token was got with, ""
// for none.
func (a *Authenticator) lastUsed() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.used
}

// ask gets a new token. It returns when ctx ends even where the library does
// not: it waits for the program that a document names, and for slow files.
func (a *Authenticator) ask(ctx context.Context, client *http.Client, document *Document) (*Access, error) {
	type outcome struct {
		access *Access
		err    error
	}
	asked := make(chan outcome, 1)
	go func() {
		access, err := a.exchange(ctx, client, document)
		asked <- outcome{access, err}
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
		return got.access, nil
	case <-ctx.Done():
		return nil, &Error{document, fmt.Errorf("fetching an access token: %w", context.Cause(ctx))}
	}
}

func (a *Authenticator) exchange(ctx context.Context, client *http.Client, document *Document) (*Access, error) {
	origin, get := DefaultCredentials, a.askMetadata
	if document != nil {
		origin = document.Origin
		get = func(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
			return a.askWith(ctx, client, document)
		}
	}
	quotaProject, err := a.credentials.quotaProject(document)
	if err != nil {
		return nil, err
	}
	token, err := get(ctx, client)
	_, none := errors.AsType[*NoCredentialsError](err)
	switch {
	case none:
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("fetching an access token with %s: %w", origin, err)
	}
	return &Access{token, quotaProject}, nil
}

// askWith gets a token with a document.
func (a *Authenticator) askWith(ctx context.Context, client *http.Client, document *Document) (*oauth2.Token, error) {
	x, bound := newExchange(ctx, client, a.network)
	scopes := []string{a.scope}
	if document.Kind == google.ImpersonatedServiceAccount && a.scope != CloudPlatformScope {
		// The library asks for the source's token and for the impersonated
		// account's with the same scopes. Impersonating wants this one.
		scopes = append(scopes, CloudPlatformScope)
	}
	found, err := google.CredentialsFromJSONWithType(bound, document.json, document.Kind, scopes...)
	if err != nil {
		return nil, x.why(err)
	}
	token, err := found.TokenSource.Token()
	if err == nil && token.AccessToken == "" {
		err = errors.New("its answer has no token")
	}
	if err != nil {
		return nil, x.why(err)
	}
	return token, nil
}

func (a *Authenticator) kept(digest [sha256.Size]byte) *Access {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.digest != digest || a.access == nil || !a.access.token.Valid() {
		return nil
	}
	return a.access
}

// Forget drops the kept token: the server refused it, though it may have
// seemed valid.
func (a *Authenticator) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.access = nil
}
