package input_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Each failure that people meet is told apart from the others, with what to do
// about it, by the connection test as Benthos runs it. No secret is in the text.
func TestDiagnoses(t *testing.T) {
	type faulty func(t *testing.T, r *rig.Rig) rig.Settings
	script := func(step chronicletest.Step) faulty {
		return func(_ *testing.T, r *rig.Rig) rig.Settings { r.Server.Script(step); return nil }
	}
	token := func(step chronicletest.TokenStep) faulty {
		return func(_ *testing.T, r *rig.Rig) rig.Settings { r.Server.ScriptToken(step); return nil }
	}
	dialling := func(err error) faulty {
		return func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Answering(rig.Host+":443", err, nil)
			return rig.Elsewhere(nil)
		}
	}
	certificate := func(name string, until time.Duration) faulty {
		return func(t *testing.T, r *rig.Rig) rig.Settings {
			r.Answering(rig.Host+":443", nil, rig.TLSWith(t, name, until))
			return rig.Elsewhere(nil)
		}
	}
	proxy := func(err error, answer func(net.Conn)) faulty {
		return func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Answering(rig.ProxyHost, err, answer)
			return rig.Elsewhere(rig.Settings{"proxy_url": rig.Proxy})
		}
	}
	refuse := func(status int, code, message, reason string) faulty {
		return script(rig.GoogleError(status, code, message, reason))
	}
	for _, test := range []struct {
		name            string
		api             rig.Settings // nil = both
		fault           faulty
		problem, advice string
	}{
		// The key.
		{"wrong or deleted key", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			old := string(r.Server.CredentialsJSON())
			r.Server.RotateKey()
			return rig.Settings{"credentials_json": old}
		}, "400 Bad Request invalid_grant: Invalid JWT Signature.", "make or ask for a new key of detections@chronicle-stand-in.iam.gserviceaccount.com; the one in field credentials_json, "},
		{"deleted account", nil, token(rig.InvalidGrant("Invalid grant: account not found")), "Invalid grant: account not found", "it does not exist any more"},
		{"disabled account", nil, token(rig.InvalidGrant("Robot is disabled.")), "Robot is disabled.", "have detections@chronicle-stand-in.iam.gserviceaccount.com enabled again"},
		{"another scope", rig.Backstory, token(chronicletest.TokenStep{Status: 400, Body: []byte(`{"error":"invalid_scope","error_description":"Invalid OAuth scope or ID token audience provided."}`)}), "invalid_scope", "a key that may use the scope https://www.googleapis.com/auth/chronicle-backstory, which is that of the Backstory API"},
		{"another audience", nil, token(rig.InvalidGrant("Invalid JWT: Failed audience check.")), "Failed audience check", "; the one in field credentials_json is refused"},
		{"token endpoint down", nil, token(chronicletest.TokenStep{Status: 503}), "the token endpoint answered 503", advice.Wait},
		{"token endpoint that is none", nil, token(chronicletest.TokenStep{Status: 404, Body: []byte("<html>")}), "the token endpoint answered 404 Not Found", "check token_uri and the other fields of field credentials_json"},
		{"revoked token", nil, refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", ""), "401 UNAUTHENTICATED", "check that the key is still valid"},
		// The clock.
		{"clock unmeasured", nil, token(rig.InvalidGrant("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")), "in a reasonable timeframe", "is the clock of this machine right? It shows 2000-01-01T00:00:00Z"},
		{"clock at the token endpoint", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			step := rig.InvalidGrant("Invalid JWT: check your iat and exp values")
			step.Header = dateHeader(-time.Hour)
			r.Server.ScriptToken(step)
			return nil
		}, "iat and exp", "set the clock of this machine, which is 1h0m0s ahead of the server's"},
		{"clock at the API", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Server.Script(refuseAt(401, 3*time.Hour))
			return nil
		}, "401 UNAUTHENTICATED", "set the clock of this machine, which is 3h0m0s behind the server's"},
		// Permissions and projects.
		{"no permission", rig.Chronicle, refuse(403, "PERMISSION_DENIED", "Permission denied on resource.", ""), "403 PERMISSION_DENIED", "grant the account of the credentials one of the roles Chronicle API Admin, Editor or Viewer on the project of instance, which have the permission chronicle.legacies.legacyStreamDetectionAlerts"},
		{"another instance", rig.Chronicle, func(*testing.T, *rig.Rig) rig.Settings {
			return rig.Settings{"instance": "projects/p/locations/us/instances/other"}
		}, "403 PERMISSION_DENIED", "check that instance is right"},
		{"key for something else", rig.Backstory, refuse(403, "PERMISSION_DENIED", "generic::permission_denied", ""), "403 PERMISSION_DENIED", "have Google enable the key for the detection API (scope https://www.googleapis.com/auth/chronicle-backstory)"},
		{"service disabled", rig.Backstory, refuse(403, "PERMISSION_DENIED", "Chronicle Backstory API has not been used in project 7 before", "SERVICE_DISABLED"), "has not been used", "use the other API, with api: chronicle and instance"},
		{"service disabled", rig.Chronicle, refuse(403, "PERMISSION_DENIED", "Chronicle API has not been used in project 7 before", "SERVICE_DISABLED"), "has not been used", "gcloud services enable chronicle.googleapis.com"},
		{"no quota project", nil, refuse(403, "PERMISSION_DENIED", "The chronicle.googleapis.com API requires a quota project, which is not set by default.", "SERVICE_DISABLED"), "requires a quota project", "name the project that requests count for: put its id into quota_project"},
		{"a quota project that is another's", nil, refuse(403, "PERMISSION_DENIED", "Caller does not have required permission to use project p.", "USER_PROJECT_DENIED"), "required permission to use project", "roles/serviceusage.serviceUsageConsumer"},
		{"scope of a machine", nil, refuse(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "insufficient authentication scopes", "on a virtual machine that is in its access scopes"},
		{"scope, by its message", nil, refuse(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", ""), "insufficient authentication scopes", "on a virtual machine that is in its access scopes"},
		{"the permission that is missing", rig.Chronicle, script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Details: []json.RawMessage{chronicletest.ErrorInfo("IAM_PERMISSION_DENIED", map[string]string{"permission": "chronicle.legacies.legacyStreamDetectionAlerts", "resource": "projects/p"})}}}), "403 PERMISSION_DENIED", "grant the account of the credentials one of the roles Chronicle API Admin, Editor or Viewer on the project of instance, which have the permission chronicle.legacies.legacyStreamDetectionAlerts"},
		{"another permission that is missing", nil, script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Details: []json.RawMessage{chronicletest.ErrorInfo("IAM_PERMISSION_DENIED", map[string]string{"permission": "serviceusage.services.use", "resource": "projects/p"})}}}), "403 PERMISSION_DENIED", "grant the account of the credentials a role that has the permission serviceusage.services.use on projects/p"},
		// Places.
		{"no such instance", rig.Chronicle, refuse(404, "NOT_FOUND", "Requested entity was not found.", ""), "404 NOT_FOUND", "check instance: its project, its location and its id"},
		{"no such stream", rig.Backstory, refuse(404, "NOT_FOUND", "Requested entity was not found.", ""), "404 NOT_FOUND", "check base_url: there is no such stream at 127.0.0.1:1"},
		{"no API at all", nil, script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 404, Body: []byte("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>")}}), "Error 404 (Not Found)!!1", "find out what answers at 127.0.0.1:1"},
		{"location of another instance", rig.Chronicle, refuse(400, "INVALID_ARGUMENT", "Location us does not match the location of the service, eu.", ""), "does not match", "check instance: its location has to be that of the instance and of the host"},
		{"unknown field", rig.Chronicle, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Server.Script(rig.GoogleError(400, "INVALID_ARGUMENT", `Invalid value at 'composite_alert_handling' (TYPE_ENUM), "X"`, ""))
			return rig.Settings{"composite_alert_handling": "X"}
		}, "composite_alert_handling", "change composite_alert_handling, or leave it out"},
		{"too many streams", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Server.Script(rig.GoogleError(429, "RESOURCE_EXHAUSTED", "Quota exceeded for concurrent streams.", ""))
			return nil
		}, "429 RESOURCE_EXHAUSTED", "Chronicle serves 10 streams at a time"},
		{"maintenance", nil, refuse(503, "UNAVAILABLE", "The service is currently unavailable.", ""), "503 UNAVAILABLE", advice.Wait},
		{"no permission, as an element", rig.Chronicle, script(chronicletest.Step{Then: chronicletest.Fail, Error: json.RawMessage(`{"code":403,"status":"PERMISSION_DENIED","message":"Permission denied on resource."}`)}), "the server sent an error 403 PERMISSION_DENIED", "grant the account of the credentials one of the roles"},
		{"error element", nil, script(chronicletest.Step{Then: chronicletest.Fail}), "the server sent an error 503 UNAVAILABLE", advice.Wait},
		// What answers is not Chronicle.
		{"sign-in page", nil, script(chronicletest.Step{Body: []byte("<html>please sign in")}), "please sign in", "find out what answers at 127.0.0.1:1"},
		{"redirect", nil, script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 302, Header: http.Header{"Location": {"https://login.example.com/?key=secret-key-of-the-page"}}}}), "the server answered 302 UNKNOWN: Found (a redirect to login.example.com)", "find out what answers at"},
		// The way there.
		{"made-up host", nil, dialling(rig.NoSuchHost(rig.Host)), "no such host", "check base_url, since there is no host of that name"},
		{"made-up token endpoint", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Answering("tokens.example.com:443", rig.NoSuchHost("tokens.example.com"), nil)
			return rig.Settings{"credentials_json": strings.ReplaceAll(string(r.Server.CredentialsJSON()), r.Server.URL, "https://tokens.example.com")}
		}, "asking tokens.example.com: ", "check the credentials, whose document names tokens.example.com"},
		{"no metadata server", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Answering("169.254.169.254:80", syscall.EHOSTUNREACH, nil)
			document := string(r.Server.FederatedCredentialsJSON(chronicletest.Federation{}))
			return rig.Settings{"credentials_json": regexp.MustCompile(`"url": *"[^"]*"`).ReplaceAllString(document, `"url":"http://169.254.169.254/token"`)}
		}, "asking 169.254.169.254: ", "a pod, that has the metadata server 169.254.169.254 and may reach it"},
		{"name server down", nil, dialling(&net.DNSError{Err: "server misbehaving", Name: rig.Host, IsTemporary: true}), "server misbehaving", "check the name server of this machine"},
		{"refused", nil, dialling(syscall.ECONNREFUSED), "connection refused", "a firewall refuses: allow connections from this machine to chronicle.example.com:443"},
		{"stand-in not running", nil, func(_ *testing.T, r *rig.Rig) rig.Settings { r.Server.Close(); return nil }, "connection refused", "start what is to listen at 127.0.0.1:1"},
		{"no route", nil, dialling(syscall.ENETUNREACH), "network is unreachable", "there is no way from this machine's network"},
		{"timeout", nil, dialling(os.ErrDeadlineExceeded), "i/o timeout", "may drop what is sent"},
		{"silence", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Answering(rig.Host+":443", nil, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
			return rig.Elsewhere(nil)
		}, "nothing was heard from the server for 10s", "may drop what is sent"},
		{"a request that is not answered", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
				<-call.HTTP.Context().Done()
				return true
			})
			return rig.Settings{"idle_timeout": "10s"}
		}, "opening the stream at 127.0.0.1:1: nothing was heard from the server for 10s (idle_timeout)", "suspect a proxy on the way that buffers or scans answers instead of passing them on as they come: have it let those of 127.0.0.1 through at once"},
		{"headers, then nothing", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Server.Script(chronicletest.Step{Body: []byte{}, Then: chronicletest.Stall})
			return rig.Settings{"first_byte_timeout": "1s"}
		}, "reading the stream: nothing was heard from the server for 1s (first_byte_timeout)", "suspect a proxy on the way that buffers or scans answers instead of passing them on as they come: have it let those of 127.0.0.1 through at once"},
		{"broken off", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			// Once the client has begun, so that it always meets with the same end.
			r.Answering(rig.Host+":443", nil, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
			return rig.Elsewhere(nil)
		}, "opening the stream at chronicle.example.com: EOF", "breaks the connection off"},
		{"not TLS", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Answering(rig.Host+":443", nil, rig.Plaintext)
			return rig.Elsewhere(nil)
		}, "HTTP response to HTTPS client", "does not speak TLS, and check base_url"},
		// Certificates.
		{"TLS is inspected", nil, certificate(rig.Host, time.Hour), "certificate signed by unknown authority", `put its root certificate into tls.root_cas or tls.root_cas_file; the certificate was issued by "CN=Inspecting Proxy CA,O=Example Corp"`},
		{"certificate of another host", nil, certificate("other.example.com", time.Hour), "certificate is valid for other.example.com, not chronicle.example.com", "its certificate is for other.example.com"},
		{"certificate expired", nil, certificate(rig.Host, -time.Hour), "certificate has expired or is not yet valid", "check the clock of this machine, which shows 2000-01-01T00:00:00Z"},
		{"TLS is refused", nil, func(_ *testing.T, r *rig.Rig) rig.Settings {
			r.Answering(rig.Host+":443", nil, rig.RefusingTLS)
			return rig.Elsewhere(nil)
		}, "remote error: tls: ", "if it wants a client certificate, set tls.client_certs"},
		// Proxies.
		{"proxy wants a password", nil, proxy(nil, rig.ProxyAnswering("407 Proxy Authentication Required", nil)), "through the proxy proxy.example.com:3128 (proxy_url): it answered 407 Proxy Authentication Required", "put the user and password that the proxy wants into proxy_url"},
		{"proxy wants NTLM", nil, proxy(nil, rig.ProxyAnswering("407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM", nil)), "it answered 407 Proxy Authentication Required", "have connections to chronicle.example.com:443 let through without signing in to the proxy, or run a helper such as Px or Cntlm on this machine and name that in proxy_url: the proxy wants Negotiate or NTLM, and only Basic is supported here"},
		{"proxy takes Basic too", nil, proxy(nil, rig.ProxyAnswering("407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate, NTLM, Basic realm=\"a, b\"", nil)), "it answered 407 Proxy Authentication Required", "put the user and password that the proxy wants into proxy_url"},
		{"proxy refuses", nil, proxy(nil, rig.ProxyAnswering("403 Forbidden", nil)), "it answered 403 Forbidden", "have the proxy let CONNECT to chronicle.example.com:443 through"},
		{"proxy not running", nil, proxy(syscall.ECONNREFUSED, nil), "connection refused", "check that the proxy runs, that proxy.example.com:3128 is its address"},
		{"proxy that is silent", nil, proxy(nil, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }), "through the proxy proxy.example.com:3128 (proxy_url): nothing was heard from the server for 10s", "may drop what is sent: check that the proxy proxy.example.com:3128, which is named by proxy_url, lets connections to chronicle.example.com:443 through"},
		{"proxy that breaks off", nil, proxy(nil, rig.ProxyAnswering("200 OK", func(net.Conn) {})), "through the proxy proxy.example.com:3128 (proxy_url): ", "breaks the connection off: check that the proxy proxy.example.com:3128"},
		{"proxy made up", nil, proxy(rig.NoSuchHost("proxy.example.com"), nil), "no such host", "check that the proxy runs"},
		{"TLS is inspected by a proxy", nil, func(t *testing.T, r *rig.Rig) rig.Settings {
			r.Answering(rig.ProxyHost, nil, rig.ProxyAnswering("200 OK", rig.TLSWith(t, rig.Host, time.Hour)))
			return rig.Elsewhere(rig.Settings{"proxy_url": rig.Proxy})
		}, "through the proxy proxy.example.com:3128 (proxy_url): tls: failed to verify certificate", "put its root certificate into tls.root_cas"},
	} {
		apis := []rig.Settings{test.api}
		if test.api == nil {
			apis = []rig.Settings{rig.Backstory, rig.Chronicle}
		}
		for _, api := range apis {
			t.Run(fmt.Sprint(test.name, " ", api["api"]), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.For(t, api, chronicletest.WithInstance(rig.Instance))
					credentials := string(r.Server.CredentialsJSON())
					err := r.ConnectionTest(test.fault(t, r))
					var diagnosis *plugin.Diagnosis
					require.ErrorAs(t, err, &diagnosis)
					require.ErrorContains(t, diagnosis.Problem, test.problem)
					require.Contains(t, diagnosis.Advice, test.advice)
					rig.NoSecret(t, credentials, err.Error())
				})
			})
		}
	}
}

// The connection test of an input that is well says so, and leaves nothing open.
func TestConnectionTestSucceeds(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		require.NoError(t, r.ConnectionTest(nil))
		synctest.Wait()
		require.Zero(t, r.Server.OpenStreams())
		require.Empty(t, r.Stored(), "a test stores nothing")
	})
}

// What to do stands beside the failure in the log, once while it stays the same,
// and again at the end, where Failure tells it too.
func TestAdviceWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		for range 2 {
			r.Server.Script(rig.GoogleError(403, "PERMISSION_DENIED", "Permission denied.", ""))
		}
		for range 2 {
			r.Server.Script(rig.GoogleError(429, "RESOURCE_EXHAUSTED", "Too many.", ""))
		}
		p := r.Start(rig.Settings{"max_consecutive_failures": 3})
		err := p.Ends()
		var diagnosis *plugin.Diagnosis
		require.ErrorAs(t, err, &diagnosis)
		require.Contains(t, diagnosis.Advice, "10 streams at a time")
		const granting = "Chronicle API Admin, Editor or Viewer"
		var told []string
		for _, line := range p.Logs.Above() {
			for _, advice := range []string{granting, "10 streams at a time"} {
				if strings.Contains(line, advice) {
					told = append(told, advice)
				}
			}
		}
		require.Equal(t, []string{granting, "10 streams at a time", "10 streams at a time"}, told)
		require.Contains(t, p.Logs.String(), "; the input ends here. What to do: find out")
	})
}
