package signin

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A document that would have secrets sent in the clear is refused before any
// request, wherever in it the URL is.
func TestCredentialURLs(t *testing.T) {
	const evil, good, local, metadata = "http://evil.example.com/x", "https://sts.googleapis.com/v1/token", "http://127.0.0.1:7/x", "http://169.254.169.254/x"
	for _, test := range []struct {
		document string // its %s is the URL
		allowed  []string
		refused  []string
		field    string
	}{
		{`{"type":"authorized_user","token_uri":%q}`, []string{good, local}, []string{evil, metadata, "ftp://x/y", "x", "https:///y"}, "token_uri"},
		{`{"type":"external_account","token_url":%q}`, []string{good, local}, []string{evil, metadata}, "token_url"},
		{`{"type":"external_account","service_account_impersonation_url":%q}`, []string{good, local}, []string{evil, metadata}, "service_account_impersonation_url"},
		{`{"type":"external_account","credential_source":{"url":%q}}`, []string{good, local, metadata, "http://metadata.google.internal/x", "http://[fe80::1]/x", "http://[fd00:ec2::254]/x"}, []string{evil}, "credential_source.url"},
		{`{"type":"external_account","credential_source":{"region_url":%q}}`, []string{good, local, metadata}, []string{evil}, "credential_source.region_url"},
		{`{"type":"external_account","credential_source":{"imdsv2_session_token_url":%q}}`, []string{good, local, metadata}, []string{evil}, "credential_source.imdsv2_session_token_url"},
		{`{"type":"external_account","credential_source":{"regional_cred_verification_url":%q}}`, []string{"https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"}, []string{evil, metadata}, "credential_source.regional_cred_verification_url"},
		{`{"type":"impersonated_service_account","source_credentials":{"token_uri":%q}}`, []string{good, local}, []string{evil}, "source_credentials: token_uri"},
	} {
		for _, target := range test.allowed {
			_, err := parseDocument("document", fmt.Appendf(nil, test.document, target))
			require.NoError(t, err, test.document)
		}
		for _, target := range test.refused {
			_, err := parseDocument("document", fmt.Appendf(nil, test.document, target))
			require.ErrorContains(t, err, "document: "+test.field, target)
			require.ErrorContains(t, err, "want https")
		}
	}
	_, err := parseDocument("document", []byte(`{"type":"external_account","token_url":7}`))
	require.EqualError(t, err, "document: got a field token_url that is not a string")
}
