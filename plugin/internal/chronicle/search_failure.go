package chronicle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A tooMuchError says that a slice has more than is held, or than an answer takes, and that
// a part of it alone has as much, if that is known.
type tooMuchError struct{ dense densePart }

func (e *tooMuchError) Error() string {
	return fmt.Sprintf("the %s from %s are too large to hold", e.dense.span(), said(e.dense.from))
}

// errShorter says that a slice is to be asked again, shorter.
var errShorter = errors.New("the slice is asked again, shorter")

// errRepeatedToken says that page tokens go round in a circle, of whatever length.
var errRepeatedToken = errors.New("the server answered with a page token that it had answered with before, so its pages have no end")

// A tokenRefusedError says that a page token was refused. What it is about can be asked
// again without it, so the refusal itself is not an error to branch on.
type tokenRefusedError struct{ text string }

func (e *tokenRefusedError) Error() string { return "a page token was refused: " + e.text }

// A failureKind is what the failure of a request says of the span that was asked for.
type failureKind uint8

const (
	failureOther     failureKind = iota // nothing
	failureServer                       // 5xx: hardly anything
	failureBroken                       // the answer broke off, or did not come: it may be too long
	failureTimeout                      // 408 and 504: it is too long, unless a shorter one fails as well
	failureRefused                      // 400: nothing but its length can be wrong with it
	failureRateLimit                    // 429: only where no waiting helps
	failureToken                        // nothing: it is the page token that was refused
)

// failureKindOf tells the kinds apart.
func failureKindOf(err error) failureKind {
	if _, isToken := errors.AsType[*tokenRefusedError](err); isToken {
		return failureToken
	}
	refused, ok := errors.AsType[*Refusal](err)
	switch {
	case !ok && (errors.Is(err, ErrSilence) || errors.Is(err, io.ErrUnexpectedEOF)):
		return failureBroken
	case !ok:
		return failureOther
	}
	switch code := refused.Code; {
	case code == http.StatusBadRequest:
		return failureRefused
	case code == http.StatusRequestTimeout, code == http.StatusGatewayTimeout:
		return failureTimeout
	case code == http.StatusTooManyRequests:
		return failureRateLimit
	case code >= http.StatusInternalServerError:
		return failureServer
	}
	return failureOther
}

const (
	// shortestRefused is down to which length a span is divided that was refused with 400,
	// and down to which one is divided at once, without waiting as after a failure.
	shortestRefused = time.Minute
	// shortestDivided is down to which length a span is divided for any other failure.
	shortestDivided = time.Second

	// insistence is how many failures in a row it takes to blame them on a span for which
	// they need not be: a server that fails every second time does so in one case of 16.
	insistence = 4
	// rateLimitPatience is for how long 429 is blamed on the number of requests, which
	// quotas count by the minute. By then the default settings are about to give up.
	rateLimitPatience = 4 * time.Minute
)

// divisible says whether a span is long enough to be divided after a failure.
func (k failureKind) divisible(span time.Duration) bool {
	if k == failureRefused {
		return span > shortestRefused
	}
	return span > shortestDivided
}

// attempts are those at one request that failed in a row. It is a plain calculation.
type attempts struct {
	failures     int
	limitedSince time.Time // since when all of them were 429, zero where they were not
}

// failed takes in a failure, and says whether to blame it on the span that was asked for.
// Proven says that the server has managed as long a span before.
func (a *attempts) failed(kind failureKind, proven bool, now time.Time) (tooLong bool) {
	if kind != failureRateLimit {
		a.failures++
		a.limitedSince = time.Time{}
	}
	switch kind {
	case failureRefused:
		return true
	case failureTimeout:
		return !proven || a.failures >= insistence
	case failureBroken, failureServer:
		return a.failures >= insistence
	case failureRateLimit:
		if a.limitedSince.IsZero() {
			a.limitedSince = now
		}
		tooLong = now.Sub(a.limitedSince) >= rateLimitPatience
		if tooLong {
			a.limitedSince = time.Time{}
		}
		return tooLong
	}
	return false
}

// retryAfter is what a server asked to wait with an error.
func retryAfter(err error) time.Duration {
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return refused.RetryAfter
	}
	return 0
}

// isClosed says whether the connection was ended from this side.
func (r *searchRun) isClosed() bool {
	return r.conn.ctx.Err() != nil && !errors.Is(context.Cause(r.conn.ctx), ErrSilence)
}

// blames takes in that a query failed, and says whether its span is to be divided and
// whether to go on at once. What shortens slices is progress, though a failure: it can
// happen so often only.
func (r *searchRun) blames(a *attempts, l *sliceLength, q query, err error) (divide, atOnce bool) {
	kind, span := failureKindOf(err), q.span()
	// A span of which there is a page was not too long for that.
	answered := q.token != ""
	if r.isClosed() || !a.failed(kind, answered || l.isProven(span), time.Now()) || !kind.divisible(span) {
		return false, false
	}
	if answered && (kind == failureServer || kind == failureRateLimit) {
		return false, false // the pages that were read are worth more
	}
	if kind != failureServer {
		l.tooLong(span)
	}
	r.conn.further = r.conn.further || kind == failureRefused || kind == failureTimeout || kind == failureRateLimit
	atOnce = (kind == failureRefused || kind == failureTimeout) && span > shortestRefused && retryAfter(err) == 0
	return true, atOnce
}
