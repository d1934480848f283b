package input

import (
	"errors"
	"net/http"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A verdict is what follows from the end of a connection, or of an attempt at
// one.
type verdict struct {
	// reason is the label that the reconnection is counted under.
	reason string
	// permanent says that trying again would change nothing, or nothing that is
	// to be waited for.
	permanent bool
	// tooOld says that the server refused the position for its age.
	tooOld bool
	// staleToken says that it may be the page token that was refused.
	staleToken bool
	// date is when the server judged the position, by its own clock.
	date time.Time
	// freshToken says that the token may be to blame.
	freshToken bool
	// malformed says that what came was not a stream of elements.
	malformed bool
	// retryAfter is what the server asked to wait.
	retryAfter time.Duration
}

// Reasons are values of a metric's label, so they must not change. There are no
// others.
const (
	reasonEnded       = "ended"        // by the server, between two elements
	reasonCut         = "cut"          // inside an element, or by the network
	reasonSilence     = "silence"      // nothing heard for too long
	reasonServerError = "server_error" // an error as an element
	reasonMalformed   = "malformed"    // not a stream of elements
	reasonRefused     = "refused"      // any status but those below
	reasonRateLimited = "rate_limited" // 429
	reasonDenied      = "denied"       // 401 and 403
	reasonToken       = "token"        // no access token to be had
	reasonUnreachable = "unreachable"  // no answer at all
	reasonCache       = "cache"        // the stored position cannot be read
	reasonTooOld      = "position_too_old"

	reasonTokenRefused = "page_token_refused" //nolint:gosec // A reason, not a token.
)

// Reasons are all of them.
var Reasons = []string{
	reasonEnded, reasonCut, reasonSilence, reasonServerError, reasonMalformed, reasonRefused, reasonRateLimited,
	reasonDenied, reasonToken, reasonUnreachable, reasonCache, reasonTooOld, reasonTokenRefused,
}

// classify is the only place where an error is judged.
func classify(err error) verdict {
	var (
		none      *signin.NoCredentialsError
		token     *signin.Error
		refused   *chronicle.Refusal
		cache     *position.CacheError
		malformed *stream.SyntaxError
		open      *chronicle.StreamError
		search    *chronicle.SearchError
		unheard   *network.Error
	)
	switch {
	case errors.Is(err, chronicle.ErrSilence):
		// Before the kinds of errors: silence can happen in any of them.
		return verdict{reason: reasonSilence}
	case errors.As(err, &cache):
		return verdict{reason: reasonCache, permanent: cache.IsFinal()}
	case errors.As(err, &none):
		// Somebody has to put them somewhere, unless they are awaited.
		return verdict{reason: reasonToken, permanent: !none.Awaited}
	case errors.As(err, &token):
		// Keys are rotated and clocks are set right while we wait.
		return verdict{reason: reasonToken, freshToken: true, retryAfter: token.RetryAfter()}
	case errors.As(err, &refused):
		return classifyRefusal(refused)
	case errors.As(err, &malformed):
		return verdict{reason: reasonMalformed, malformed: true}
	case errors.Is(err, chronicle.ErrEnded):
		return verdict{reason: reasonEnded}
	case errors.As(err, &unheard):
		return verdict{reason: reasonUnreachable}
	case errors.As(err, &open), errors.As(err, &search):
		return verdict{reason: reasonCut}
	}
	return verdict{reason: reasonUnreachable}
}

// classifyRefusal judges an answer, and an error within a stream like an answer of
// its code.
func classifyRefusal(r *chronicle.Refusal) verdict {
	v := verdict{reason: reasonRefused, retryAfter: r.RetryAfter}
	if r.Within != nil {
		v.reason = reasonServerError
	}
	switch r.Code {
	case http.StatusBadRequest:
		// The same request would be refused again, unless it is about its
		// position. What an error within a stream is about is not known.
		v.permanent = r.Within == nil && !r.TooNew()
		switch {
		case r.TokenRefused():
			v.reason, v.staleToken = reasonTokenRefused, true
		case r.TooOld():
			v.reason, v.tooOld, v.date = reasonTooOld, true, r.Date
		}
		return v
	case http.StatusUnauthorized, http.StatusForbidden:
		v.reason, v.freshToken = reasonDenied, true
		return v
	case http.StatusTooManyRequests:
		v.reason = reasonRateLimited
		return v
	default:
		return v
	}
}
