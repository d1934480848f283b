package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

func TestClassify(t *testing.T) {
	now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	yesterday, lastMonth := chronicle.Resume{StartTime: "2026-03-09T00:00:00Z"}, chronicle.Resume{StartTime: "2026-02-10T00:00:00Z"}
	within := func(r *chronicle.Refusal) error {
		r.Within = &stream.ServerError{}
		return &chronicle.StreamError{Err: r}
	}
	opening := func(err error) error { return fmt.Errorf("opening the stream: %w", err) }
	for _, test := range []struct {
		name string
		err  error
		want verdict
	}{
		{"end in good order", chronicle.ErrEnded, verdict{reason: reasonEnded}},
		{"closed before an answer", opening(io.EOF), verdict{reason: reasonUnreachable}},
		{"cut", &chronicle.StreamError{Err: io.ErrUnexpectedEOF}, verdict{reason: reasonCut}},
		{"reset", &chronicle.StreamError{Err: &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}}, verdict{reason: reasonCut}},
		{"silence while reading", &chronicle.StreamError{Err: fmt.Errorf("%w for 1m", chronicle.ErrSilence)}, verdict{reason: reasonSilence}},
		{"silence while signing in", &signin.Error{Err: chronicle.ErrSilence}, verdict{reason: reasonSilence}},
		{"refused by the host", opening(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), verdict{reason: reasonUnreachable}},
		{"deadline", opening(context.DeadlineExceeded), verdict{reason: reasonUnreachable}},
		{"no token", &signin.Error{Err: fmt.Errorf("fetching: %w", &signin.Refusal{Problem: "invalid_grant", RetryAfter: time.Minute})}, verdict{reason: reasonToken, freshToken: true, retryAfter: time.Minute}},
		{"no credentials", &signin.Error{Err: &signin.NoCredentialsError{Err: errors.New("none")}}, verdict{reason: reasonToken, permanent: true}},
		{"credentials that may still come", &signin.Error{Err: &signin.NoCredentialsError{Awaited: true, Err: errors.New("none")}}, verdict{reason: reasonToken}},
		{"no position", &position.CacheError{Err: errors.New("down")}, verdict{reason: reasonCache}},
		{"not JSON", &chronicle.StreamError{Err: &stream.SyntaxError{}}, verdict{reason: reasonMalformed, malformed: true}},
		{"error element", within(&chronicle.Refusal{}), verdict{reason: reasonServerError}},
		{"unavailable, as an element", within(&chronicle.Refusal{Code: 503, RetryAfter: time.Second}), verdict{reason: reasonServerError, retryAfter: time.Second}},
		{"too many streams, as an element", within(&chronicle.Refusal{Code: 429, RetryAfter: time.Minute}), verdict{reason: reasonRateLimited, retryAfter: time.Minute}},
		{"bad token, as an element", within(&chronicle.Refusal{Code: 401}), verdict{reason: reasonDenied, freshToken: true}},
		{"bad request, as an element", within(&chronicle.Refusal{Code: 400, Date: now}), verdict{reason: reasonServerError}},
		{"old position, as an element", within(&chronicle.Refusal{Code: 400, Asked: lastMonth, Date: now}), verdict{reason: reasonTooOld, tooOld: true, date: now}},
		{"page token, as an element", within(&chronicle.Refusal{Code: 400, Asked: chronicle.Resume{PageToken: "k", StartTime: "2026-02-10T00:00:00Z"}, Date: now}), verdict{reason: reasonTokenRefused, staleToken: true}},
		{"a folder that is not there", &position.CacheError{Doing: "storing", Err: &fs.PathError{Op: "open", Err: syscall.ENOENT}}, verdict{reason: reasonCache, permanent: true}},
		{"a cache that is down at storing", &position.CacheError{Doing: "storing", Err: errors.New("down")}, verdict{reason: reasonCache}},
		{"a folder that is not there at reading", &position.CacheError{Doing: "reading", Err: &fs.PathError{Op: "open", Err: syscall.EACCES}}, verdict{reason: reasonCache}},
		{"unavailable", opening(&chronicle.Refusal{Code: 503}), verdict{reason: reasonRefused}},
		{"request timeout", opening(&chronicle.Refusal{Code: 408}), verdict{reason: reasonRefused}},
		{"redirect", opening(&chronicle.Refusal{Code: 302}), verdict{reason: reasonRefused}},
		{"not found", opening(&chronicle.Refusal{Code: 404}), verdict{reason: reasonRefused}},
		{"too many streams", opening(&chronicle.Refusal{Code: 429, RetryAfter: time.Minute}), verdict{reason: reasonRateLimited, retryAfter: time.Minute}},
		{"bad token", opening(&chronicle.Refusal{Code: 401}), verdict{reason: reasonDenied, freshToken: true}},
		{"no permission", opening(&chronicle.Refusal{Code: 403}), verdict{reason: reasonDenied, freshToken: true}},
		{"bad request", opening(&chronicle.Refusal{Code: 400, Asked: yesterday, Date: now}), verdict{reason: reasonRefused, permanent: true}},
		{"bad request without a position", opening(&chronicle.Refusal{Code: 400, Date: now}), verdict{reason: reasonRefused, permanent: true}},
		{"old position", opening(&chronicle.Refusal{Code: 400, Asked: lastMonth, Date: now}), verdict{reason: reasonTooOld, permanent: true, tooOld: true, date: now}},
		{"page token", opening(&chronicle.Refusal{Code: 400, Asked: chronicle.Resume{PageToken: "k", StartTime: "2026-02-10T00:00:00Z"}, Date: now}), verdict{reason: reasonTokenRefused, permanent: true, staleToken: true}},
		{"position in the server's future", opening(&chronicle.Refusal{Code: 400, Asked: yesterday, Date: now.AddDate(0, 0, -2)}), verdict{reason: reasonRefused}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, classify(test.err))
		})
	}
}
