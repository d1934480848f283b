package chronicletest

import (
	"net/http"
	"time"
)

// api is what one of Google's streaming APIs has of its own. Everything else,
// from the history to the faults, is common to all of them.
type api interface {
	// name is the API's in a Request.
	name() string
	// serves tells whether path is that of the API's stream.
	serves(path string) bool
	// scope is the OAuth scope that the API wants.
	scope() string
	// authorize refuses a caller that may not open the stream that r asks for.
	authorize(r *http.Request, caller grant) *Refusal
	// read checks a request's fields.
	read(fields payload, within reach) (start, *Refusal)
	// feed renders the stream that begins there.
	feed(begin start) feed
}

// feed renders the elements of one stream, in the order in which they are served.
type feed interface {
	// elements renders a part of the history, as one element or more.
	elements(p part) []element
	// heartbeat renders a sign of life of a stream that is at that place.
	heartbeat(at cursor) element
}

// reach is the span of positions that can be resumed from.
type reach struct {
	oldest, newest time.Time
	retention      time.Duration
}

// check refuses a position outside, which the field of that name gave.
func (within reach) check(name string, at time.Time) *Refusal {
	switch {
	case at.Before(within.oldest):
		return invalidArgument("Invalid value at '%s': %s is more than %s ago.",
			name, at.Format(time.RFC3339Nano), within.retention)
	case at.After(within.newest):
		return invalidArgument("Invalid value at '%s': %s is in the future.",
			name, at.Format(time.RFC3339Nano))
	}
	return nil
}

// start is where and how a stream begins.
type start struct {
	resume bool      // whether at counts; otherwise the stream begins now
	at     time.Time // resume after this position
	window window    // that at lies in, if a page token told; else zero
	batch  int       // most detections in one batch; 0 if the request names none
	most   int       // detections after which the stream ends; 0 for no end
}
