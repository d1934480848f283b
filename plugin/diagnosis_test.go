package plugin

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Each failure that people meet is told apart from the others, with what to do
// about it, by the connection test as Benthos runs it. No secret is in the text.
func TestDiagnoses(t *testing.T) {
	type faulty func(t *testing.T, r *rig) settings
	script := func(step chronicletest.Step) faulty {
		return func(_ *testing.T, r *rig) settings { r.server.Script(step); return nil }
	}
	token := func(step chronicletest.TokenStep) faulty {
		return func(_ *testing.T, r *rig) settings { r.server.ScriptToken(step); return nil }
	}
	dialling := func(err error) faulty {
		return func(_ *testing.T, r *rig) settings {
			r.answering(testHost+":443", err, nil)
			return elsewhere(nil)
		}
	}
	certificate := func(name string, until time.Duration) faulty {
		return func(t *testing.T, r *rig) settings {
			r.answering(testHost+":443", nil, tlsWith(t, name, until))
			return elsewhere(nil)
		}
	}
	proxy := func(err error, answer func(net.Conn)) faulty {
		return func(_ *testing.T, r *rig) settings {
			r.answering(testProxyHost, err, answer)
			return elsewhere(settings{"proxy_url": testProxy})
		}
	}
	refuse := func(status int, code, message, reason string) faulty {
		return script(googleError(status, code, message, reason))
	}
	for _, test := range []struct {
		name            string
		api             settings // nil = both
		fault           faulty
		problem, advice string
	}{
		// The key.
		{"wrong or deleted key", nil, func(_ *testing.T, r *rig) settings {
			old := string(r.server.CredentialsJSON())
			r.server.RotateKey()
			return settings{"credentials_json": old}
		}, "400 Bad Request invalid_grant: Invalid JWT Signature.", "make or ask for a new key of detections@chronicle-stand-in.iam.gserviceaccount.com; the one in field credentials_json, "},
		{"deleted account", nil, token(invalidGrant("Invalid grant: account not found")), "Invalid grant: account not found", "it does not exist any more"},
		{"disabled account", nil, token(invalidGrant("Robot is disabled.")), "Robot is disabled.", "have detections@chronicle-stand-in.iam.gserviceaccount.com enabled again"},
		{"another scope", backstoryAPI, token(chronicletest.TokenStep{Status: 400, Body: []byte(`{"error":"invalid_scope","error_description":"Invalid OAuth scope or ID token audience provided."}`)}), "invalid_scope", "a key that may use the scope https://www.googleapis.com/auth/chronicle-backstory, which is that of the Backstory API"},
		{"another audience", nil, token(invalidGrant("Invalid JWT: Failed audience check.")), "Failed audience check", "; the one in field credentials_json is refused"},
		{"token endpoint down", nil, token(chronicletest.TokenStep{Status: 503}), "the token endpoint answered 503", waitAdvice},
		{"token endpoint that is none", nil, token(chronicletest.TokenStep{Status: 404, Body: []byte("<html>")}), "the token endpoint answered 404 Not Found", "check token_uri and the other fields of field credentials_json"},
		{"revoked token", nil, refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", ""), "401 UNAUTHENTICATED", "check that the key is still valid"},
		// The clock.
		{"clock unmeasured", nil, token(invalidGrant("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")), "in a reasonable timeframe", "is the clock of this machine right? It shows 2000-01-01T00:00:00Z"},
		{"clock at the token endpoint", nil, func(_ *testing.T, r *rig) settings {
			step := invalidGrant("Invalid JWT: check your iat and exp values")
			step.Header = dateHeader(-time.Hour)
			r.server.ScriptToken(step)
			return nil
		}, "iat and exp", "set the clock of this machine, which is 1h0m0s ahead of the server's"},
		{"clock at the API", nil, func(_ *testing.T, r *rig) settings {
			r.server.Script(refuseAt(401, 3*time.Hour))
			return nil
		}, "401 UNAUTHENTICATED", "set the clock of this machine, which is 3h0m0s behind the server's"},
		// Permissions and projects.
		{"no permission", chronicleAPI, refuse(403, "PERMISSION_DENIED", "Permission denied on resource.", ""), "403 PERMISSION_DENIED", "grant the account of the credentials one of the roles Chronicle API Admin, Editor or Viewer on the project of instance, which have the permission chronicle.legacies.legacyStreamDetectionAlerts"},
		{"another instance", chronicleAPI, func(*testing.T, *rig) settings {
			return settings{"instance": "projects/p/locations/us/instances/other"}
		}, "403 PERMISSION_DENIED", "check that instance is right"},
		{"key for something else", backstoryAPI, refuse(403, "PERMISSION_DENIED", "generic::permission_denied", ""), "403 PERMISSION_DENIED", "have Google enable the key for the detection API (scope https://www.googleapis.com/auth/chronicle-backstory)"},
		{"service disabled", backstoryAPI, refuse(403, "PERMISSION_DENIED", "Chronicle Backstory API has not been used in project 7 before", "SERVICE_DISABLED"), "has not been used", "use the other API, with api: chronicle and instance"},
		{"service disabled", chronicleAPI, refuse(403, "PERMISSION_DENIED", "Chronicle API has not been used in project 7 before", "SERVICE_DISABLED"), "has not been used", "gcloud services enable chronicle.googleapis.com"},
		{"scope of a machine", nil, refuse(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "insufficient authentication scopes", "on a virtual machine that is in its access scopes"},
		// Places.
		{"no such instance", chronicleAPI, refuse(404, "NOT_FOUND", "Requested entity was not found.", ""), "404 NOT_FOUND", "check instance: its project, its location and its id"},
		{"no such stream", backstoryAPI, refuse(404, "NOT_FOUND", "Requested entity was not found.", ""), "404 NOT_FOUND", "check base_url: there is no such stream at 127.0.0.1:1"},
		{"no API at all", nil, script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 404, Body: []byte("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>")}}), "Error 404 (Not Found)!!1", "find out what answers at 127.0.0.1:1"},
		{"location of another instance", chronicleAPI, refuse(400, "INVALID_ARGUMENT", "Location us does not match the location of the service, eu.", ""), "does not match", "check instance: its location has to be that of the instance and of the host"},
		{"unknown field", chronicleAPI, func(_ *testing.T, r *rig) settings {
			r.server.Script(googleError(400, "INVALID_ARGUMENT", `Invalid value at 'composite_alert_handling' (TYPE_ENUM), "X"`, ""))
			return settings{"composite_alert_handling": "X"}
		}, "composite_alert_handling", "change composite_alert_handling, or leave it out"},
		{"too many streams", nil, func(_ *testing.T, r *rig) settings {
			r.server.Script(googleError(429, "RESOURCE_EXHAUSTED", "Quota exceeded for concurrent streams.", ""))
			return nil
		}, "429 RESOURCE_EXHAUSTED", "Chronicle serves 10 streams at a time"},
		{"maintenance", nil, refuse(503, "UNAVAILABLE", "The service is currently unavailable.", ""), "503 UNAVAILABLE", waitAdvice},
		{"error element", nil, script(chronicletest.Step{Then: chronicletest.Fail}), "the server sent an error 503 UNAVAILABLE", waitAdvice},
		// What answers is not Chronicle.
		{"sign-in page", nil, script(chronicletest.Step{Body: []byte("<html>please sign in")}), "please sign in", "find out what answers at 127.0.0.1:1"},
		{"redirect", nil, script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 302, Header: http.Header{"Location": {"https://login.example.com/?key=secret-key-of-the-page"}}}}), "the server answered 302 UNKNOWN: Found (a redirect to login.example.com)", "find out what answers at"},
		// The way there.
		{"made-up host", nil, dialling(noSuchHost(testHost)), "no such host", "check base_url, since there is no host of that name"},
		{"made-up token endpoint", nil, func(_ *testing.T, r *rig) settings {
			r.answering("tokens.example.com:443", noSuchHost("tokens.example.com"), nil)
			return settings{"credentials_json": strings.ReplaceAll(string(r.server.CredentialsJSON()), r.server.URL, "https://tokens.example.com")}
		}, "asking tokens.example.com: ", "check the credentials, whose document names tokens.example.com"},
		{"no metadata server", nil, func(_ *testing.T, r *rig) settings {
			r.answering("169.254.169.254:80", syscall.EHOSTUNREACH, nil)
			document := string(r.server.FederatedCredentialsJSON(chronicletest.Federation{}))
			return settings{"credentials_json": regexp.MustCompile(`"url": *"[^"]*"`).ReplaceAllString(document, `"url":"http://169.254.169.254/token"`)}
		}, "asking 169.254.169.254: ", "a pod, that has the metadata server 169.254.169.254 and may reach it"},
		{"name server down", nil, dialling(&net.DNSError{Err: "server misbehaving", Name: testHost, IsTemporary: true}), "server misbehaving", "check the name server of this machine"},
		{"refused", nil, dialling(syscall.ECONNREFUSED), "connection refused", "a firewall refuses: allow connections from this machine to chronicle.example.com:443"},
		{"stand-in not running", nil, func(_ *testing.T, r *rig) settings { r.server.Close(); return nil }, "connection refused", "start what is to listen at 127.0.0.1:1"},
		{"no route", nil, dialling(syscall.ENETUNREACH), "network is unreachable", "there is no way from this machine's network"},
		{"timeout", nil, dialling(os.ErrDeadlineExceeded), "i/o timeout", "may drop what is sent"},
		{"silence", nil, func(_ *testing.T, r *rig) settings {
			r.answering(testHost+":443", nil, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
			return elsewhere(nil)
		}, "nothing was heard from the server for 10s", "may drop what is sent"},
		{"broken off", nil, func(_ *testing.T, r *rig) settings {
			r.answering(testHost+":443", nil, func(net.Conn) {})
			return elsewhere(nil)
		}, "connection reset by peer", "breaks the connection off"},
		{"not TLS", nil, func(_ *testing.T, r *rig) settings {
			r.answering(testHost+":443", nil, plaintext)
			return elsewhere(nil)
		}, "HTTP response to HTTPS client", "does not speak TLS, and check base_url"},
		// Certificates.
		{"TLS is inspected", nil, certificate(testHost, time.Hour), "certificate signed by unknown authority", `put its root certificate into tls.root_cas or tls.root_cas_file; the certificate was issued by "CN=Inspecting Proxy CA,O=Example Corp"`},
		{"certificate of another host", nil, certificate("other.example.com", time.Hour), "certificate is valid for other.example.com, not chronicle.example.com", "its certificate is for other.example.com"},
		{"certificate expired", nil, certificate(testHost, -time.Hour), "certificate has expired or is not yet valid", "check the clock of this machine, which shows 2000-01-01T00:00:00Z"},
		{"TLS is refused", nil, func(_ *testing.T, r *rig) settings {
			r.answering(testHost+":443", nil, refusingTLS)
			return elsewhere(nil)
		}, "remote error: tls: ", "if it wants a client certificate, set tls.client_certs"},
		// Proxies.
		{"proxy wants a password", nil, proxy(nil, proxyAnswering("407 Proxy Authentication Required", nil)), "through the proxy proxy.example.com:3128 (proxy_url): it answered 407 Proxy Authentication Required", "put the user and password that the proxy wants into proxy_url"},
		{"proxy refuses", nil, proxy(nil, proxyAnswering("403 Forbidden", nil)), "it answered 403 Forbidden", "have the proxy let CONNECT to chronicle.example.com:443 through"},
		{"proxy not running", nil, proxy(syscall.ECONNREFUSED, nil), "connection refused", "check that the proxy runs, that proxy.example.com:3128 is its address"},
		{"proxy that is silent", nil, proxy(nil, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }), "through the proxy proxy.example.com:3128 (proxy_url): nothing was heard from the server for 10s", "may drop what is sent: check that the proxy proxy.example.com:3128, which is named by proxy_url, lets connections to chronicle.example.com:443 through"},
		{"proxy that breaks off", nil, proxy(nil, proxyAnswering("200 OK", func(net.Conn) {})), "through the proxy proxy.example.com:3128 (proxy_url): ", "breaks the connection off: check that the proxy proxy.example.com:3128"},
		{"proxy made up", nil, proxy(noSuchHost("proxy.example.com"), nil), "no such host", "check that the proxy runs"},
		{"TLS is inspected by a proxy", nil, func(t *testing.T, r *rig) settings {
			r.answering(testProxyHost, nil, proxyAnswering("200 OK", tlsWith(t, testHost, time.Hour)))
			return elsewhere(settings{"proxy_url": testProxy})
		}, "through the proxy proxy.example.com:3128 (proxy_url): tls: failed to verify certificate", "put its root certificate into tls.root_cas"},
	} {
		apis := []settings{test.api}
		if test.api == nil {
			apis = []settings{backstoryAPI, chronicleAPI}
		}
		for _, api := range apis {
			t.Run(fmt.Sprint(test.name, " ", api[fieldAPI]), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRigFor(t, api, chronicletest.WithInstance(testInstance))
					credentials := string(r.server.CredentialsJSON())
					err := r.connectionTest(test.fault(t, r))
					var diagnosis *Diagnosis
					require.ErrorAs(t, err, &diagnosis)
					require.ErrorContains(t, diagnosis.Problem, test.problem)
					require.Contains(t, diagnosis.Advice, test.advice)
					requireNoSecret(t, credentials, err.Error())
				})
			})
		}
	}
}

// The connection test of an input that is well says so, and leaves nothing open.
func TestConnectionTestSucceeds(t *testing.T) {
	forBothAPIs(t, func(t *testing.T, api settings) {
		r := newRigFor(t, api)
		require.NoError(t, r.connectionTest(nil))
		synctest.Wait()
		require.Zero(t, r.server.OpenStreams())
		require.Empty(t, r.stored(), "a test stores nothing")
	})
}

// A credentials file that is gone by the time it is needed is named.
func TestCredentialsFileIsGone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.json")
	c := &config{credentials: credentials{file: file}, endpoint: mustParse(t, "https://"+testHost)}
	_, err := (&authenticator{conf: c}).fetch(t.Context(), http.DefaultClient)
	require.ErrorContains(t, c.diagnose(err), "reading the credentials file: open "+file+": no such file or directory. What to do: put the document there as Google issued it")
}

// The library takes no notice of a variable that is no URL: what is asked goes
// nowhere, and its error says nothing of a proxy. Nor is the password shown.
func TestProxyVariableIsNoURL(t *testing.T) {
	c := &config{endpoint: mustParse(t, "https://"+testHost)}
	err := fmt.Errorf("opening: %w", &networkError{host: testHost, err: noSuchHost(testHost)})
	for value, want := range map[string]bool{"": false, "proxy.example.com:3128": false, "http://me:ok@proxy.example.com": false, "http://me:hunter22%zz@proxy.example.com": true} {
		t.Setenv("HTTPS_PROXY", value)
		advice := c.advise(err)
		require.Equal(t, want, strings.Contains(advice, "correct HTTPS_PROXY, which is not a URL"), value)
		require.NotContains(t, advice, "hunter22")
	}
}

// What to do stands beside the failure in the log, once while it stays the same,
// and again at the end, where Failure tells it too.
func TestAdviceWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigFor(t, chronicleAPI)
		for range 2 {
			r.server.Script(googleError(403, "PERMISSION_DENIED", "Permission denied.", ""))
		}
		for range 2 {
			r.server.Script(googleError(429, "RESOURCE_EXHAUSTED", "Too many.", ""))
		}
		p := r.start(settings{"max_consecutive_failures": 3})
		err := p.ends()
		var diagnosis *Diagnosis
		require.ErrorAs(t, err, &diagnosis)
		require.Contains(t, diagnosis.Advice, "10 streams at a time")
		var told []string
		for _, line := range p.logs.above() {
			for _, advice := range []string{roles, "10 streams at a time"} {
				if strings.Contains(line, advice) {
					told = append(told, advice)
				}
			}
		}
		require.Equal(t, []string{roles, "10 streams at a time", "10 streams at a time"}, told)
		require.Contains(t, p.logs.String(), "; the input ends here. What to do: find out")
	})
}

// Errors of people's own are left as they are.
func TestNoAdvice(t *testing.T) {
	c := &config{endpoint: mustParse(t, "https://"+testHost)}
	err := errors.New("something else")
	require.Equal(t, err, c.diagnose(err))
	require.Equal(t, service.ErrNotConnected, c.diagnose(service.ErrNotConnected))
}
