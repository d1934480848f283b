package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

func TestClassify(t *testing.T) {
	now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	yesterday, lastMonth := position{ContinuationTime: "2026-03-09T00:00:00Z"}, position{ContinuationTime: "2026-02-10T00:00:00Z"}
	opening := func(err error) error { return fmt.Errorf("opening the stream: %w", err) }
	for _, test := range []struct {
		name string
		err  error
		want verdict
	}{
		{"end in good order", errEnded, verdict{reason: reasonEnded}},
		{"closed before an answer", opening(io.EOF), verdict{reason: reasonUnreachable}},
		{"cut", &streamError{io.ErrUnexpectedEOF}, verdict{reason: reasonCut}},
		{"reset", &streamError{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}}, verdict{reason: reasonCut}},
		{"silence while reading", &streamError{fmt.Errorf("%w for 1m", errSilence)}, verdict{reason: reasonSilence}},
		{"silence while signing in", &authError{err: errSilence}, verdict{reason: reasonSilence}},
		{"refused by the host", opening(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), verdict{reason: reasonUnreachable}},
		{"deadline", opening(context.DeadlineExceeded), verdict{reason: reasonUnreachable}},
		{"no token", &authError{err: fmt.Errorf("fetching: %w", &tokenRefusal{problem: "invalid_grant", retryAfter: time.Minute})}, verdict{reason: reasonToken, freshToken: true, retryAfter: time.Minute}},
		{"no position", &cacheError{err: errors.New("down")}, verdict{reason: reasonCache}},
		{"not JSON", &streamError{&stream.SyntaxError{}}, verdict{reason: reasonMalformed, malformed: true}},
		{"error element", &streamError{&stream.ServerError{}}, verdict{reason: reasonServerError}},
		{"unavailable", opening(&refusal{code: 503}), verdict{reason: reasonRefused}},
		{"request timeout", opening(&refusal{code: 408}), verdict{reason: reasonRefused}},
		{"redirect", opening(&refusal{code: 302}), verdict{reason: reasonRefused}},
		{"not found", opening(&refusal{code: 404}), verdict{reason: reasonRefused}},
		{"too many streams", opening(&refusal{code: 429, retryAfter: time.Minute}), verdict{reason: reasonRateLimited, retryAfter: time.Minute}},
		{"bad token", opening(&refusal{code: 401}), verdict{reason: reasonDenied, freshToken: true}},
		{"no permission", opening(&refusal{code: 403}), verdict{reason: reasonDenied, freshToken: true}},
		{"bad request", opening(&refusal{code: 400, asked: yesterday, date: now}), verdict{reason: reasonRefused, permanent: true}},
		{"bad request without a position", opening(&refusal{code: 400, date: now}), verdict{reason: reasonRefused, permanent: true}},
		{"old position", opening(&refusal{code: 400, asked: lastMonth, date: now}), verdict{reason: reasonTooOld, permanent: true, tooOld: true, date: now}},
		{"page token", opening(&refusal{code: 400, asked: position{PageToken: "k", PageStartTime: "2026-02-10T00:00:00Z"}, date: now}), verdict{reason: reasonTokenRefused, permanent: true, staleToken: true}},
		{"position in the server's future", opening(&refusal{code: 400, asked: yesterday, date: now.AddDate(0, 0, -2)}), verdict{reason: reasonRefused}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, classify(test.err))
		})
	}
}

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
			answer := &http.Response{StatusCode: 503, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(test.body))}
			require.EqualError(t, newRefusal(answer, position{}), test.want)
		})
	}
}

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "17": 17 * time.Second, "-1": 0, "soon": 0, "7200": time.Hour, "18446744073709551615": time.Hour, "18446744074": time.Hour,
		"Tue, 10 Mar 2026 00:01:00 GMT": time.Minute,
		"Tue, 10 Mar 2025 00:01:00 GMT": 0,
	} {
		require.Equal(t, want, parseRetryAfter(http.Header{"Retry-After": {header}}, now), header)
	}
}
