package input_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Workload identity federation and impersonation lead to tokens that the
// stand-in takes, for the scope of either API, now and when they have expired.
func TestWaysToAToken(t *testing.T) {
	for _, test := range []struct {
		name     string
		document func(r *rig.Rig, tokenFile string) []byte
		// requests are those for one access token.
		requests int
	}{
		{"service account", func(r *rig.Rig, _ string) []byte { return r.Server.CredentialsJSON() }, 1},
		{"federation by a file", func(r *rig.Rig, file string) []byte {
			return r.Server.FederatedCredentialsJSON(chronicletest.Federation{TokenFile: file})
		}, 1},
		{"federation by a URL", func(r *rig.Rig, _ string) []byte {
			return r.Server.FederatedCredentialsJSON(chronicletest.Federation{})
		}, 2},
		{"federation and impersonation", func(r *rig.Rig, file string) []byte {
			return r.Server.FederatedCredentialsJSON(chronicletest.Federation{TokenFile: file, Impersonate: true})
		}, 2},
		{"federation by a URL and impersonation", func(r *rig.Rig, _ string) []byte {
			return r.Server.FederatedCredentialsJSON(chronicletest.Federation{Impersonate: true})
		}, 3},
		{"impersonation", func(r *rig.Rig, _ string) []byte { return r.Server.ImpersonatedCredentialsJSON() }, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api, chronicletest.WithTokenLifetime(10*time.Minute))
				sent, _ := r.History(3, 10, 1000)
				r.Server.Script(
					chronicletest.Step{AfterElements: 1, AfterBytes: 9, Then: chronicletest.Cut},
					chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall},
				)
				file := filepath.Join(t.TempDir(), "subject-token")
				require.NoError(t, r.Server.WriteSubjectToken(file))
				// The second stall is longer than the token is good for, and the
				// subject token has been renewed by then.
				p := r.Start(rig.Settings{"start_time": "2h", "idle_timeout": "15m", "credentials_json": string(test.document(r, file))})
				got := p.DeliverAll(20)
				require.Equal(t, test.requests, r.Server.TokenRequests())
				r.Server.RenewSubjectToken()
				require.NoError(t, r.Server.WriteSubjectToken(file))
				require.Equal(t, sent, append(got, p.DeliverAll(10)...))
				require.Equal(t, 2*test.requests, r.Server.TokenRequests())
				for _, request := range r.Server.Requests() {
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
		r := rig.New(t)
		require.NoError(t, os.WriteFile(file, r.Server.ImpersonatedCredentialsJSON(), 0o600))
		sent, _ := r.History(1, 10, 1000)
		p := r.Start(rig.Settings{"start_time": "2h", "credentials_json": ""})
		require.Equal(t, sent, p.Deliver())
	})
}

// What goes wrong on the way is told apart, with who said so.
func TestDiagnosesOfFederation(t *testing.T) {
	federated := func(f chronicletest.Federation, fault func(r *rig.Rig, document string) string) func(*testing.T, *rig.Rig) rig.Settings {
		return func(t *testing.T, r *rig.Rig) rig.Settings {
			file := filepath.Join(t.TempDir(), "subject-token")
			require.NoError(t, r.Server.WriteSubjectToken(file))
			if f.TokenFile != "" {
				f.TokenFile = file
			}
			return rig.Settings{"credentials_json": fault(r, string(r.Server.FederatedCredentialsJSON(f)))}
		}
	}
	script := func(steps ...chronicletest.TokenStep) func(*rig.Rig, string) string {
		return func(r *rig.Rig, document string) string { r.Server.ScriptToken(steps...); return document }
	}
	replace := func(old, by string) func(*rig.Rig, string) string {
		return func(_ *rig.Rig, document string) string { return strings.Replace(document, old, by, 1) }
	}
	const byFile = "a file"
	ok := chronicletest.TokenStep{}
	denied := chronicletest.TokenStep{Status: 403, Body: []byte(`{"error":{"code":403,"status":"PERMISSION_DENIED","message":"Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."}}`)}
	disabled := chronicletest.TokenStep{Status: 403, Body: []byte(`{"error":{"code":403,"status":"PERMISSION_DENIED","message":"IAM Service Account Credentials API has not been used in project 7.","details":[{"reason":"SERVICE_DISABLED"}]}}`)}
	for _, test := range []struct {
		name            string
		fault           func(*testing.T, *rig.Rig) rig.Settings
		problem, advice string
	}{
		{
			"stale subject token", federated(chronicletest.Federation{TokenFile: byFile}, func(r *rig.Rig, document string) string { r.Server.RenewSubjectToken(); return document }),
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
			"impersonation disabled", func(_ *testing.T, r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(ok, disabled)
				return rig.Settings{"credentials_json": string(r.Server.ImpersonatedCredentialsJSON())}
			},
			"has not been used in project 7", "gcloud services enable iamcredentials.googleapis.com sts.googleapis.com",
		},
		{
			"impersonation without the scope", func(_ *testing.T, r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(ok, chronicletest.TokenStep{Status: 403, Body: chronicletest.Refusal{Status: 403, Message: "Request had insufficient authentication scopes.", Details: []json.RawMessage{chronicletest.ErrorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", nil)}}.JSON()})
				return rig.Settings{"credentials_json": string(r.Server.ImpersonatedCredentialsJSON())}
			},
			"insufficient authentication scopes", "made for the scope https://www.googleapis.com/auth/cloud-platform",
		},
		{
			"source of impersonation is a bad key", func(_ *testing.T, r *rig.Rig) rig.Settings {
				old := string(r.Server.ImpersonatedCredentialsJSON())
				r.Server.RotateKey()
				return rig.Settings{"credentials_json": old}
			},
			"invalid_grant: Invalid JWT Signature", "make or ask for a new key of the account; the one in field credentials_json was deleted or replaced",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				key := string(r.Server.CredentialsJSON())
				err := r.ConnectionTest(test.fault(t, r))
				var diagnosis *plugin.Diagnosis
				require.ErrorAs(t, err, &diagnosis)
				require.ErrorContains(t, diagnosis.Problem, test.problem)
				require.Contains(t, diagnosis.Advice, test.advice)
				rig.NoSecret(t, key, err.Error())
			})
		})
	}
}

// Application Default Credentials are held against the same rules as others,
// before any request.
func TestDefaultCredentialsInTheClear(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	file := filepath.Join(home, "adc.json")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	require.NoError(t, os.WriteFile(file, []byte(`{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","token_uri":"http://evil.example.com/token"}`), 0o600))
	synctest.Test(t, func(t *testing.T) {
		_, err := buildError(rig.New(t), rig.Settings{"credentials_json": ""})
		require.ErrorContains(t, err, "the Application Default Credentials "+file+`: token_uri: got scheme "http" and host "evil.example.com", want https`)
	})
}
