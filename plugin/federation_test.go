package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Workload identity federation and impersonation lead to tokens that the
// stand-in takes, for the scope of either API, now and when they have expired.
func TestWaysToAToken(t *testing.T) {
	for _, test := range []struct {
		name     string
		document func(r *rig, tokenFile string) []byte
		// requests are those for one access token.
		requests int
	}{
		{"service account", func(r *rig, _ string) []byte { return r.server.CredentialsJSON() }, 1},
		{"federation by a file", func(r *rig, file string) []byte {
			return r.server.FederatedCredentialsJSON(chronicletest.Federation{TokenFile: file})
		}, 1},
		{"federation by a URL", func(r *rig, _ string) []byte {
			return r.server.FederatedCredentialsJSON(chronicletest.Federation{})
		}, 2},
		{"federation and impersonation", func(r *rig, file string) []byte {
			return r.server.FederatedCredentialsJSON(chronicletest.Federation{TokenFile: file, Impersonate: true})
		}, 2},
		{"federation by a URL and impersonation", func(r *rig, _ string) []byte {
			return r.server.FederatedCredentialsJSON(chronicletest.Federation{Impersonate: true})
		}, 3},
		{"impersonation", func(r *rig, _ string) []byte { return r.server.ImpersonatedCredentialsJSON() }, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			forBothAPIs(t, func(t *testing.T, api settings) {
				r := newRigFor(t, api, chronicletest.WithTokenLifetime(10*time.Minute))
				sent, _ := r.history(3, 10, 1000)
				r.server.Script(
					chronicletest.Step{AfterElements: 1, AfterBytes: 9, Then: chronicletest.Cut},
					chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall},
				)
				file := filepath.Join(t.TempDir(), "subject-token")
				require.NoError(t, r.server.WriteSubjectToken(file))
				// The second stall is longer than the token is good for, and the
				// subject token has been renewed by then.
				p := r.start(settings{"start_time": "2h", "idle_timeout": "15m", "credentials_json": string(test.document(r, file))})
				got := p.deliverAll(20)
				require.Equal(t, test.requests, r.server.TokenRequests())
				r.server.RenewSubjectToken()
				require.NoError(t, r.server.WriteSubjectToken(file))
				require.Equal(t, sent, append(got, p.deliverAll(10)...))
				require.Equal(t, 2*test.requests, r.server.TokenRequests())
				for _, request := range r.server.Requests() {
					require.Equal(t, 200, request.Status)
				}
			})
		})
	}
}

// Application Default Credentials that impersonate need the other scope as well.
func TestImpersonationByDefaultCredentials(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	file := filepath.Join(home, "adc.json")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		require.NoError(t, os.WriteFile(file, r.server.ImpersonatedCredentialsJSON(), 0o600))
		sent, _ := r.history(1, 10, 1000)
		p := r.start(settings{"start_time": "2h", "credentials_json": ""})
		require.Equal(t, sent, p.deliver())
	})
}

// What goes wrong on the way is told apart, with who said so.
func TestDiagnosesOfFederation(t *testing.T) {
	federated := func(f chronicletest.Federation, fault func(r *rig, document string) string) func(*testing.T, *rig) settings {
		return func(t *testing.T, r *rig) settings {
			file := filepath.Join(t.TempDir(), "subject-token")
			require.NoError(t, r.server.WriteSubjectToken(file))
			if f.TokenFile != "" {
				f.TokenFile = file
			}
			return settings{"credentials_json": fault(r, string(r.server.FederatedCredentialsJSON(f)))}
		}
	}
	script := func(steps ...chronicletest.TokenStep) func(*rig, string) string {
		return func(r *rig, document string) string { r.server.ScriptToken(steps...); return document }
	}
	replace := func(old, by string) func(*rig, string) string {
		return func(_ *rig, document string) string { return strings.Replace(document, old, by, 1) }
	}
	const byFile = "a file"
	ok := chronicletest.TokenStep{}
	denied := chronicletest.TokenStep{Status: 403, Body: []byte(`{"error":{"code":403,"status":"PERMISSION_DENIED","message":"Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."}}`)}
	disabled := chronicletest.TokenStep{Status: 403, Body: []byte(`{"error":{"code":403,"status":"PERMISSION_DENIED","message":"IAM Service Account Credentials API has not been used in project 7.","details":[{"reason":"SERVICE_DISABLED"}]}}`)}
	for _, test := range []struct {
		name            string
		fault           func(*testing.T, *rig) settings
		problem, advice string
	}{
		{
			"stale subject token", federated(chronicletest.Federation{TokenFile: byFile}, func(r *rig, document string) string { r.server.RenewSubjectToken(); return document }),
			"the token endpoint answered 400 Bad Request invalid_grant: ID Token is stale to sign-in.", "have the subject token renewed",
		},
		{
			"no such pool", federated(chronicletest.Federation{}, replace("workloadIdentityPools/stand-in", "workloadIdentityPools/other")),
			"invalid_target", "check audience in field credentials_json: the workload identity pool or its provider does not exist",
		},
		{
			"identity refused", federated(chronicletest.Federation{TokenFile: byFile}, script(chronicletest.TokenStep{Status: 400, Body: []byte(`{"error":"unauthorized_client","error_description":"The given credential is rejected by the attribute condition."}`)})),
			"unauthorized_client: The given credential is rejected", "check the attribute condition",
		},
		{
			"subject token file gone", federated(chronicletest.Federation{TokenFile: byFile}, replace("subject-token", "missing-token")),
			"failed to open credential file", "check the credential_source in field credentials_json",
		},
		{
			"subject token not where it should be", federated(chronicletest.Federation{}, replace("id_token", "token")),
			"subject_token_field_name not found", "check the credential_source in field credentials_json",
		},
		{
			"source of subject tokens refuses", federated(chronicletest.Federation{}, script(chronicletest.TokenStep{Status: 404, Body: []byte("no identity assigned")})),
			"the source of the subject token at 127.0.0.1:1 answered 404 Not Found", "check credential_source.url and its headers",
		},
		{
			"impersonation not granted", federated(chronicletest.Federation{TokenFile: byFile, Impersonate: true}, script(ok, denied)),
			"the endpoint for impersonation at 127.0.0.1:1 answered 403 Forbidden PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied", "roles/iam.serviceAccountTokenCreator",
		},
		{
			"impersonation disabled", func(_ *testing.T, r *rig) settings {
				r.server.ScriptToken(ok, disabled)
				return settings{"credentials_json": string(r.server.ImpersonatedCredentialsJSON())}
			},
			"has not been used in project 7", "gcloud services enable iamcredentials.googleapis.com sts.googleapis.com",
		},
		{
			"source of impersonation is a bad key", func(_ *testing.T, r *rig) settings {
				old := string(r.server.ImpersonatedCredentialsJSON())
				r.server.RotateKey()
				return settings{"credentials_json": old}
			},
			"invalid_grant: Invalid JWT Signature", "make or ask for a new key of the account; the one in field credentials_json was deleted or replaced",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			forBothAPIs(t, func(t *testing.T, api settings) {
				r := newRigFor(t, api)
				key := string(r.server.CredentialsJSON())
				err := r.connectionTest(test.fault(t, r))
				var diagnosis *Diagnosis
				require.ErrorAs(t, err, &diagnosis)
				require.ErrorContains(t, diagnosis.Problem, test.problem)
				require.Contains(t, diagnosis.Advice, test.advice)
				requireNoSecret(t, key, err.Error())
			})
		})
	}
}

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
			_, err := parseCredentials("document", fmt.Appendf(nil, test.document, target))
			require.NoError(t, err, test.document)
		}
		for _, target := range test.refused {
			_, err := parseCredentials("document", fmt.Appendf(nil, test.document, target))
			require.ErrorContains(t, err, "document: "+test.field, target)
			require.ErrorContains(t, err, "want https")
		}
	}
	_, err := parseCredentials("document", []byte(`{"type":"external_account","token_url":7}`))
	require.EqualError(t, err, "document: got a field token_url that is not a string")
}

// What the library finds by itself is not sent in the clear either.
func TestDefaultCredentialsInTheClear(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	file := filepath.Join(home, "adc.json")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	require.NoError(t, os.WriteFile(file, []byte(`{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","token_uri":"http://evil.example.com/token"}`), 0o600))
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		err := r.connectionTest(settings{"credentials_json": ""})
		require.ErrorContains(t, err, "asking evil.example.com: want https, not http")
	})
}
