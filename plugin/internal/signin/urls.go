package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

// documentURLs are the fields of a credentials document that name who is
// asked for a token. Assertions, refresh tokens and identity tokens are sent
// there, and access tokens come back.
type documentURLs struct {
	TokenURI         string `json:"token_uri"`
	TokenURL         string `json:"token_url"`
	ImpersonationURL string `json:"service_account_impersonation_url"`
	Source           struct {
		URL             string `json:"url"`
		RegionURL       string `json:"region_url"`
		VerificationURL string `json:"regional_cred_verification_url"`
		SessionTokenURL string `json:"imdsv2_session_token_url"`
	} `json:"credential_source"`
	// SourceCredentials are those that impersonate another account.
	SourceCredentials json.RawMessage `json:"source_credentials"`
}

// checkURLs refuses documents that would have secrets sent in the
// clear. Plain http is for this machine; what a cloud's metadata server tells
// of the machine's own identity comes that way, too.
func checkURLs(document []byte) error {
	var said documentURLs
	if err := json.Unmarshal(document, &said); err != nil {
		return errors.New("got " + describeJSONError(err, len(document)))
	}
	for _, field := range []struct {
		name, value string
		inTheClear  func(host string) bool
	}{
		{"token_uri", said.TokenURI, network.IsLoopback},
		{"token_url", said.TokenURL, network.IsLoopback},
		{"service_account_impersonation_url", said.ImpersonationURL, network.IsLoopback},
		{"credential_source.url", said.Source.URL, network.IsOwnMachine},
		{"credential_source.region_url", said.Source.RegionURL, network.IsOwnMachine},
		{"credential_source.regional_cred_verification_url", said.Source.VerificationURL, network.IsLoopback},
		{"credential_source.imdsv2_session_token_url", said.Source.SessionTokenURL, network.IsOwnMachine},
	} {
		if field.value == "" {
			continue
		}
		// Where it stands, the library puts an AWS region.
		target, err := url.Parse(strings.ReplaceAll(field.value, "{region}", "region"))
		if err != nil {
			return fmt.Errorf("%s is not a URL", field.name)
		}
		if !isSafe(target, field.inTheClear) {
			return fmt.Errorf("%s: got scheme %q and host %q, want https, or http to an address of this machine", field.name, target.Scheme, target.Host)
		}
	}
	if len(said.SourceCredentials) > 0 {
		if err := checkURLs(said.SourceCredentials); err != nil {
			return fmt.Errorf("source_credentials: %w", err)
		}
	}
	return nil
}

// isSafe says whether secrets may be sent to target: over https, or in the clear
// to the hosts that inTheClear says.
func isSafe(target *url.URL, inTheClear func(host string) bool) bool {
	switch target.Scheme {
	case "https":
		return target.Hostname() != ""
	case "http":
		return inTheClear(target.Hostname())
	}
	return false
}
