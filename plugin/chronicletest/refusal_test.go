package chronicletest_test

import (
	"io"
	"testing"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestScriptedRefusals(t *testing.T) {
	for _, test := range []struct {
		name    string
		refusal chronicletest.Refusal
		status  int
		want    string
	}{
		{"zero", chronicletest.Refusal{}, 503, `{"error":{"code":503,"message":"Service Unavailable","status":"UNAVAILABLE"}}`},
		{
			"429",
			chronicletest.Refusal{Status: 429, RetryAfter: "7"},
			429,
			`{"error":{"code":429,"message":"Too Many Requests","status":"RESOURCE_EXHAUSTED"}}`,
		},
		{"unusual", chronicletest.Refusal{Status: 418, Message: "m"}, 418, `{"error":{"code":418,"message":"m","status":"UNKNOWN"}}`},
		{
			"code",
			chronicletest.Refusal{Status: 403, Code: "SERVICE_DISABLED", Message: "m"},
			403,
			`{"error":{"code":403,"message":"m","status":"SERVICE_DISABLED"}}`,
		},
		{
			"in an array",
			chronicletest.Refusal{Status: 400, Message: "m", InArray: true},
			400,
			`[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]`,
		},
		{"verbatim", chronicletest.Refusal{Status: 502, Body: []byte("<html>")}, 502, "<html>"},
		{"empty", chronicletest.Refusal{Status: 502, Body: []byte{}}, 502, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				c.server.Script(chronicletest.Step{Refuse: &test.refusal})
				resp := c.do(c.request(t.Context(), ""))
				defer resp.Body.Close()
				body, _ := io.ReadAll(resp.Body)
				if resp.StatusCode != test.status || resp.Header.Get("Retry-After") != test.refusal.RetryAfter {
					t.Errorf("got %s, %v", resp.Status, resp.Header)
				}
				wantText(t, string(body), test.want)
				if got := c.server.Requests()[0].Status; got != test.status {
					t.Errorf("remembered %d", got)
				}
			})
		})
	}
}
