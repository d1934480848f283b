package chronicletest_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const (
	threeSeconds = `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3s"}`
	rateLimit    = `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"googleapis.com"}`
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
		{
			"details",
			chronicletest.Refusal{Status: 429, Message: "m", Details: []json.RawMessage{
				chronicletest.RetryInfo(3 * time.Second), chronicletest.ErrorInfo("RATE_LIMIT_EXCEEDED", nil),
			}},
			429,
			`{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[` + threeSeconds + `,` + rateLimit + `]}}`,
		},
		{
			"details, in an array",
			chronicletest.Refusal{Status: 503, Message: "m", InArray: true, Details: []json.RawMessage{chronicletest.RetryInfo(3 * time.Second)}},
			503,
			`[{"error":{"code":503,"message":"m","status":"UNAVAILABLE","details":[` + threeSeconds + `]}}]`,
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

func TestDetails(t *testing.T) {
	for _, test := range []struct {
		detail json.RawMessage
		want   string
	}{
		{chronicletest.RetryInfo(3 * time.Second), threeSeconds},
		{chronicletest.RetryInfo(0), `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0s"}`},
		{chronicletest.RetryInfo(90*time.Minute + 250*time.Millisecond), `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"5400.25s"}`},
		{chronicletest.RetryInfo(time.Nanosecond), `{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.000000001s"}`},
		{chronicletest.ErrorInfo("RATE_LIMIT_EXCEEDED", nil), rateLimit},
		{
			chronicletest.ErrorInfo("SERVICE_DISABLED", map[string]string{"service": "s", "consumer": "c"}),
			`{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com",` +
				`"metadata":{"consumer":"c","service":"s"}}`,
		},
	} {
		wantText(t, string(test.detail), test.want)
	}
}

// A refusal is an error element, alone in a 200 or after what was served.
func TestErrorElements(t *testing.T) {
	for _, refusal := range []chronicletest.Refusal{
		{},
		{Status: 400, Message: "Request contains an invalid argument."},
		{Status: 401, Details: []json.RawMessage{chronicletest.ErrorInfo("ACCESS_TOKEN_EXPIRED", nil)}},
		{Status: 429, Details: []json.RawMessage{chronicletest.RetryInfo(3 * time.Second)}},
		{Status: 503, Code: "UNAVAILABLE"},
	} {
		bubble(t, func(t *testing.T, c *client) {
			c.server.AppendElement(json.RawMessage(`{}`))
			begin := from(bubbleStart.Add(-time.Second))
			inArray := refusal
			inArray.InArray = true
			c.server.Script(
				chronicletest.Step{Refuse: &refusal},
				chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail, ErrorElement: refusal.JSON()},
				chronicletest.Step{Body: inArray.JSON()},
			)
			status := cmp.Or(refusal.Status, 503)
			want := c.refused(c.request(t.Context(), begin), status)
			for _, want := range []string{"[{},\r\n" + want, "[" + want + "]"} {
				stream := c.open(begin)
				wantText(t, stream.text(), want)
				if err := stream.end(); !errors.Is(err, errGood) {
					t.Errorf("ended with %v", err)
				}
			}
		})
	}
}
