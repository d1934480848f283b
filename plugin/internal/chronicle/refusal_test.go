package chronicle

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRefusalSaysTheServersWords(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"object", `{"error":{"code":503,"message":"back soon","status":"UNAVAILABLE"}}`, "the server answered 503 UNAVAILABLE: back soon"},
		{"array", `[{"error":{"code":503,"message":"back soon","status":"UNAVAILABLE"}}]`, "the server answered 503 UNAVAILABLE: back soon"},
		{"text", " upstream gone\n", "the server answered 503: upstream gone"},
		{"nothing", "", "the server answered 503"},
		{"long text", strings.Repeat("x", 5000), "the server answered 503: " + strings.Repeat("x", 1000) + "…"},
		{"words elsewhere", `{"message":"quota of project 7 exhausted"}`, `the server answered 503: {"message":"quota of project 7 exhausted"}`},
		{"another shape", `{"error":"gone"}`, `the server answered 503: {"error":"gone"}`},
		{
			"details", `{"error":{"message":"m","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}`,
			"the server answered 503 PERMISSION_DENIED: m",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			response := &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(test.body))}
			require.EqualError(t, newRefusal(response, Resume{}), test.want)
		})
	}
}
