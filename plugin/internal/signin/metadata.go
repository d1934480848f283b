package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

const (
	// metadataToken is where the metadata server has tokens of the account that
	// the machine runs as.
	metadataToken = "/computeMetadata/v1/instance/service-accounts/default/token"

	// metadataHeader is in each request to a metadata server and each answer.
	metadataHeader, metadataFlavor = "Metadata-Flavor", "Google"

	// metadataDialTimeout is how long a metadata server may take to accept a
	// connection. It is of the machine's own link, where there is one at all.
	metadataDialTimeout = 3 * time.Second
)

var errNoMetadataServer = errors.New("no connection within 3s")

// askMetadata gets a token from the metadata server. Google's library decides
// once in a process whether there is one, and does not find one that comes
// later. Nothing that accepts a connection means that there are no credentials;
// everything else is an error of the server.
func (a *Authenticator) askMetadata(ctx context.Context, client *http.Client) (*oauth2.Token, error) {
	addr, named := network.MetadataServer()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var reached atomic.Bool
	if !named {
		timer := time.AfterFunc(metadataDialTimeout, func() {
			if !reached.Load() {
				cancel(errNoMetadataServer)
			}
		})
		defer timer.Stop()
	}
	x, _ := newExchange(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { reached.Store(true) },
	}), client, a.network)

	target := &url.URL{Scheme: "http", Host: addr, Path: metadataToken, RawQuery: url.Values{"scopes": {a.scope}}.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("GCE_METADATA_HOST is not an address: %w", err)
	}
	req.Header.Set(metadataHeader, metadataFlavor)
	response, err := x.RoundTrip(req)
	if err != nil {
		if !named && !reached.Load() {
			return nil, a.noCredentials(err)
		}
		return nil, err
	}
	defer response.Body.Close()
	if !named && response.Header.Get(metadataHeader) != metadataFlavor && response.StatusCode < 500 {
		return nil, a.noCredentials(fmt.Errorf("what answers at %s is not Google's metadata server", addr))
	}
	if x.failed != nil {
		return nil, x.failed
	}
	var said struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil {
		// Its error may quote the token.
		return nil, errors.New("reading the metadata server's answer: it has fields of other types")
	}
	token := &oauth2.Token{AccessToken: said.AccessToken, TokenType: said.TokenType}
	if said.ExpiresIn > 0 {
		token.Expiry = time.Now().Add(time.Duration(said.ExpiresIn) * time.Second)
	}
	return token, nil
}

func (a *Authenticator) noCredentials(err error) error {
	return &NoCredentialsError{Unset: a.credentials.Unset, Awaited: a.credentials.awaited(), Err: err}
}
