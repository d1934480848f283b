package answer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadErrorObject(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       *ErrorObject
	}{
		{"object", `{"error":{"code":503,"message":"back soon","status":"UNAVAILABLE"}}`, &ErrorObject{Code: 503, Status: "UNAVAILABLE", Message: "back soon"}},
		{"in an array", `[{"error":{"code":503,"message":"back soon","status":"UNAVAILABLE"}}]`, &ErrorObject{Code: 503, Status: "UNAVAILABLE", Message: "back soon"}},
		{"no code", `{"error":{"status":"UNAUTHENTICATED"}}`, &ErrorObject{Code: 401, Status: "UNAUTHENTICATED"}},
		{"a code of gRPC", `{"error":{"code":8,"message":"slow down"}}`, &ErrorObject{Code: 429, Message: "slow down"}},
		{"a code in quotes", `{"error":{"code":"404"}}`, &ErrorObject{Code: 404}},
		{"no code that is known", `{"error":{"code":1e9,"status":"ODD"}}`, &ErrorObject{Status: "ODD"}},
		{"odd types", `{"error":{"code":{},"status":7,"message":["x"],"details":{"reason":"no"}}}`, &ErrorObject{}},
		{
			"details", `{"error":{"code":429,"details":[7,null,{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.25s"},{"retryDelay":"1s"}]}}`,
			&ErrorObject{Code: 429, Cause: Cause{Reason: "RATE_LIMIT_EXCEEDED"}, RetryDelay: 3250 * time.Millisecond},
		},
		{"a text", `{"error":"gone"}`, nil},
		{"null", `{"error":null}`, nil},
		{"an empty array", `[]`, nil},
		{"HTML", `<html>`, nil},
		{"nothing", ``, nil},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, ReadErrorObject([]byte(test.body))) })
	}
}

func TestRetryDelay(t *testing.T) {
	for value, want := range map[string]time.Duration{
		`"3s"`: 3 * time.Second, `"0.500s"`: time.Second / 2, `"0.000000001s"`: 1, `"7200s"`: time.Hour,
		`"-3s"`: 0, `"s"`: 0, `"3"`: 0, `"3m"`: 0, `"soons"`: 0, `3`: 0, `null`: 0, ``: 0,
		`{"seconds":2,"nanos":500000000}`: 2500 * time.Millisecond, `{"seconds":"2"}`: 2 * time.Second, `{"nanos":5}`: 5, `{}`: 0, `{"seconds":-2}`: 0,
	} {
		require.Equal(t, want, retryDelay([]byte(value)), value)
	}
}
