//go:build !minimal

package pipelines

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

var (
	serviceNowMade  = servers.Answer{Status: 201, Body: `{"result":{"sys_id":"c537bae64f411200adf9f8e18110c76e","correlation_id":"de_1"}}`}
	serviceNowFound = servers.Answer{Status: 200, Body: `{"result":[{"sys_id":"c537bae64f411200adf9f8e18110c76e","correlation_id":"de_1"}]}`}
)

// TestServiceNowAnswers has the request for an incident answered in all ways that are
// no yes.
func TestServiceNowAnswers(t *testing.T) {
	t.Parallel()
	env := func(url string) []string { return serviceNowAddress(withoutIncidents(t, url)) }
	proveAnswers(t, "servicenow.yaml", env, serviceNowMade, noes(
		servers.Answer{Status: 201},
		servers.Answer{Status: 201, Body: "<html>sign in</html>"},
		servers.Answer{Status: 201, Body: `{"result":{}}`},
		servers.Answer{Status: 200, Body: serviceNowMade.Body},
		servers.Answer{Status: 400, Body: `{"error":{"message":"Invalid table x","detail":null},"status":"failure"}`},
		servers.Answer{Status: 403, Body: `{"error":{"message":"Operation Failed","detail":"Data Policy Exception: The following fields are mandatory: Caller"},"status":"failure"}`},
		servers.Answer{Status: 429},
	), serviceNowQuickly...)
}

// TestServiceNowQueryAnswers has the query answered in all ways that are no answer.
func TestServiceNowQueryAnswers(t *testing.T) {
	t.Parallel()
	noes := append(noes(),
		servers.Answer{Status: 200, Body: `{"result":null}`},
		servers.Answer{Status: 200, Body: `{"result":[{"sys_id":"1","correlation_id":"other"}]}`},
		servers.Answer{Status: 200, Body: `{"result":[{"sys_id":"1"}]}`},
		servers.Answer{Status: 201, Body: serviceNowFound.Body},
		servers.Answer{Status: 400, Body: `{"error":{"message":"Invalid table x","detail":null},"status":"failure"}`},
		servers.Answer{Status: 413},
		servers.Answer{Status: 429},
	)
	serviceNow := servers.StartAnswering(t, func(string) servers.Answer { return serviceNowFound }, noes...)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	last := server.Append(json.RawMessage(`{"id":"de_1"}`))
	d := programtest.DeployFile(t, server, "servicenow.yaml", serviceNowAddress(serviceNow.URL)...)
	d.Args = append(d.Args, serviceNowQuickly...)
	process := d.Start()
	waiting.For(t, "the incident to be found", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	require.Len(t, serviceNow.Bodies(), len(noes)+1, "each no has the query sent again, and the yes ends that")
	require.Empty(t, refusedBy(t, d, false), "no detection is to blame")
}

// A ServiceNow that says how long to wait is not asked before.
func TestServiceNowRetryAfter(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"query", "incident"} {
		t.Run(of, func(t *testing.T) {
			yes, front := serviceNowFound, func(_ *testing.T, url string) string { return url }
			if of == "incident" {
				yes, front = serviceNowMade, withoutIncidents
			}
			address := func(url string) []string { return serviceNowAddress(front(t, url)) }
			proveRetryAfter(t, "servicenow.yaml", address, yes)
		})
	}
}

// withoutIncidents starts a ServiceNow in which no query finds anything; all else is
// for the server at address to answer.
func withoutIncidents(t *testing.T, address string) string {
	t.Helper()
	target, err := url.Parse(address)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = w.Write([]byte(`{"result":[]}`)) // fails only where the client broke off
			return
		}
		// Else the answer may begin before the end of the request was seen.
		_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/1 has it
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}
