package input_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

const (
	policyMessage = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: eYhDk-f_Cu7"
	quotaMessage  = "Quota exceeded for quota metric 'Streams' and limit 'Streams per minute' of service 'chronicle.googleapis.com' for consumer 'project_number:7'."
)

// Refusals that are about the project, its organization or its quotas are told
// from a missing role, whoever it is that refuses.
func TestDiagnosesOfTheProject(t *testing.T) {
	of := func(more ...string) map[string]string {
		metadata := map[string]string{"consumer": "projects/7", "service": "chronicle.googleapis.com", "containerInfo": "api_key:ya29.secret"}
		for i := 0; i < len(more); i += 2 {
			metadata[more[i]] = more[i+1]
		}
		return metadata
	}
	info := chronicletest.ErrorInfo
	violation := json.RawMessage(`{"@type":"type.googleapis.com/google.rpc.PreconditionFailure","violations":[{"type":"VPC_SERVICE_CONTROLS","description":"eYhDk-f_Cu7"}]}`)
	const (
		policy  = "no role helps here: have the organization's administrators let this account and network through the perimeter of VPC Service Controls"
		uid     = "they find the violation by its unique identifier, eYhDk-f_Cu7"
		billing = "enable billing for the project 7, or name another project in quota_project"
	)
	for _, test := range []struct {
		name    string
		status  int
		message string
		details []json.RawMessage
		advice  []string
	}{
		{"VPC Service Controls", 403, policyMessage, []json.RawMessage{violation, info("SECURITY_POLICY_VIOLATED", of("uid", "eYhDk-f_Cu7"))}, []string{policy, uid}},
		{"VPC Service Controls, by its message", 403, policyMessage, nil, []string{policy, uid}},
		{"VPC Service Controls, with its perimeter", 403, "Request is prohibited by organization's policy.", []json.RawMessage{info("SECURITY_POLICY_VIOLATED", of("uid", "eYhDk-f_Cu7", "perimeter", "accessPolicies/12/servicePerimeters/prod_data"))}, []string{policy + ", accessPolicies/12/servicePerimeters/prod_data,", uid}},
		{"VPC Service Controls, without an identifier", 403, "Request is prohibited by organization's policy.", nil, []string{policy}},
		{"organization restrictions", 403, "Access denied by organization restriction.", []json.RawMessage{info("ORG_RESTRICTION_VIOLATION", of())}, []string{"have the proxy of this network, which restricts requests to its own organizations"}},
		{"billing", 403, "This API method requires billing to be enabled.", []json.RawMessage{info("BILLING_DISABLED", of())}, []string{billing}},
		{"billing, by its message", 403, "This API method requires billing to be enabled. Please enable billing on project #7.", nil, []string{"enable billing for the project that requests count for"}},
		{"no such project", 403, "Permission denied on resource project gone.", []json.RawMessage{info("CONSUMER_INVALID", of())}, []string{"check the project 7: it does not exist, was deleted, or is not this account's to use; restore it, or name another project in quota_project"}},
		{"deleted project", 403, "Project 'projects/gone' not found or deleted.", nil, []string{"check the project that requests count for: it does not exist, was deleted"}},
		{"suspended project", 403, "Permission denied: Consumer 'projects/7' has been suspended.", []json.RawMessage{info("CONSUMER_SUSPENDED", of())}, []string{"have the project 7 restored: Google has suspended it, often over its billing account"}},
		{"suspended project, by its message", 403, "Permission denied: Consumer 'projects/7' has been suspended.", nil, []string{"Google has suspended it"}},
		{"quota of zero", 429, "Quota exceeded.", []json.RawMessage{info("RATE_LIMIT_EXCEEDED", of("quota_limit", "StreamsPerMinutePerProject", "quota_limit_value", "0"))}, []string{`request a higher quota "StreamsPerMinutePerProject" for the project 7 in the Google Cloud console (IAM & Admin, Quotas): it is 0`}},
		{"quota that is used up", 429, "Quota exceeded.", []json.RawMessage{info("RATE_LIMIT_EXCEEDED", of("quota_limit", "StreamsPerMinutePerProject", "quota_limit_value", "60"))}, []string{`find out what else uses the quota "StreamsPerMinutePerProject" of the project 7, which is 60`}},
		{"quota of zero, as a violation", 429, "Quota exceeded.", []json.RawMessage{json.RawMessage(`{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"StreamsPerMinute","quotaValue":"0"}]}`)}, []string{`request a higher quota "StreamsPerMinute" for the project that requests count for`}},
		{"organization policy", 403, "Request is disallowed by organization's constraints.", []json.RawMessage{info("RESOURCE_USAGE_RESTRICTION_VIOLATED", of())}, []string{"which an organization policy forbids"}},
		{"account that is disabled", 403, "The service account is disabled.", []json.RawMessage{info("ACCOUNT_STATE_INVALID", of())}, []string{"have the account of the credentials enabled again"}},
		{"quota, by its message", 429, quotaMessage, nil, []string{`find out what else uses the quota "Streams per minute of Streams"`}},
	} {
		refusal := chronicletest.Refusal{Status: test.status, Message: test.message, Details: test.details}
		granted := chronicletest.TokenStep{}
		refused := chronicletest.TokenStep{Status: test.status, Body: refusal.JSON()}
		oauth, err := json.Marshal(map[string]string{"error": "access_denied", "error_description": test.message})
		require.NoError(t, err)
		for by, fault := range map[string]func(r *rig.Rig) rig.Settings{
			"the API": func(r *rig.Rig) rig.Settings {
				r.Server.Script(chronicletest.Step{Refuse: &refusal})
				return nil
			},
			"the API, in an array": func(r *rig.Rig) rig.Settings {
				inArray := refusal
				inArray.InArray = true
				r.Server.Script(chronicletest.Step{Refuse: &inArray})
				return nil
			},
			"the stream": func(r *rig.Rig) rig.Settings {
				r.Server.Script(chronicletest.Step{Then: chronicletest.Fail, ErrorElement: refusal.JSON()})
				return nil
			},
			"the token endpoint": func(r *rig.Rig) rig.Settings { r.Server.ScriptToken(refused); return nil },
			"the token exchange": func(r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(refused)
				return rig.Settings{"credentials_json": string(r.Server.FederatedCredentialsJSON(federatedBy(r)))}
			},
			"the token exchange, by OAuth": func(r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(chronicletest.TokenStep{Status: test.status, Body: oauth})
				return rig.Settings{"credentials_json": string(r.Server.FederatedCredentialsJSON(federatedBy(r)))}
			},
			"the endpoint for impersonation": func(r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(granted, refused)
				return rig.Settings{"credentials_json": string(r.Server.ImpersonatedCredentialsJSON())}
			},
		} {
			if by == "the token exchange, by OAuth" && len(test.details) > 0 {
				continue // it has no details
			}
			t.Run(test.name+" at "+by, func(t *testing.T) {
				rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
					r := rig.For(t, api)
					err := r.ConnectionTest(fault(r))
					var diagnosis *plugin.Diagnosis
					require.ErrorAs(t, err, &diagnosis)
					require.ErrorContains(t, diagnosis.Problem, test.message)
					for _, advice := range test.advice {
						require.Contains(t, diagnosis.Advice, advice)
					}
					require.NotContains(t, diagnosis.Advice, "roles")
					require.NotContains(t, diagnosis.Advice, "10 streams")
					rig.NoSecret(t, string(r.Server.CredentialsJSON()), err.Error())
				})
			})
		}
	}
}

func federatedBy(r *rig.Rig) chronicletest.Federation {
	file := filepath.Join(r.T.TempDir(), "subject-token")
	require.NoError(r.T, r.Server.WriteSubjectToken(file))
	return chronicletest.Federation{TokenFile: file}
}

// A page comes from a front end or a proxy, whoever was asked. No role changes
// it, and no more of it is shown than its title.
func TestDiagnosesOfPages(t *testing.T) {
	page := []byte("<!DOCTYPE html><html><head><title>Error 403 (Forbidden)!!1</title><script>ya29.secret</script></head><body>" + strings.Repeat("x", 1000))
	const title = "Error 403 (Forbidden)!!1"
	for _, status := range []int{200, 302, 401, 403, 404, 429} {
		for by, test := range map[string]struct {
			fault   func(r *rig.Rig) rig.Settings
			problem string
			advice  []string
		}{
			"the API": {func(r *rig.Rig) rig.Settings {
				r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, Body: page}})
				return nil
			}, title, []string{"no role or key helps here, since the answer is a page of a front end or a proxy rather than of the API", "find out what answers at 127.0.0.1:1"}},
			"the token endpoint": {func(r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(chronicletest.TokenStep{Status: status, Body: page})
				return nil
			}, title, []string{"find out what answers at 127.0.0.1:1 instead of the token endpoint, such as a front end, a proxy or a sign-in page", "check token_uri and the other fields of field credentials_json"}},
			"the token exchange": {func(r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(chronicletest.TokenStep{Status: status, Body: page})
				return rig.Settings{"credentials_json": string(r.Server.FederatedCredentialsJSON(federatedBy(r)))}
			}, title, []string{"instead of the token endpoint", "check token_url and"}},
			"the endpoint for impersonation": {func(r *rig.Rig) rig.Settings {
				r.Server.ScriptToken(chronicletest.TokenStep{}, chronicletest.TokenStep{Status: status, Body: page})
				return rig.Settings{"credentials_json": string(r.Server.ImpersonatedCredentialsJSON())}
			}, title, []string{"instead of the endpoint for impersonation", "check service_account_impersonation_url and"}},
		} {
			if status == 200 && by == "the API" {
				continue // it is no answer of that kind, but a stream that is none
			}
			t.Run(fmt.Sprint(status, " by ", by), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.New(t)
					err := r.ConnectionTest(test.fault(r))
					var diagnosis *plugin.Diagnosis
					require.ErrorAs(t, err, &diagnosis)
					require.ErrorContains(t, diagnosis.Problem, test.problem)
					require.NotContains(t, diagnosis.Problem.Error(), "xx")
					for _, advice := range test.advice {
						require.Contains(t, diagnosis.Advice, advice)
					}
					rig.NoSecret(t, string(r.Server.CredentialsJSON()), err.Error())
				})
			})
		}
	}
}
