package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// refusalLimit is how much of a refusal's body is read. Google's are a few
	// hundred bytes; a proxy's HTML page can be anything.
	refusalLimit = 64 << 10

	// wordsLimit is how much of the server's words an error repeats.
	wordsLimit = 1000
)

// A refusal is an answer other than a stream.
type refusal struct {
	// code is the HTTP status.
	code int
	// status is Google's canonical code, such as UNAVAILABLE; "" if none came.
	status string
	// message is the server's own words; "" if none came.
	message string
	// reason is the machine-readable reason among the details, such as
	// SERVICE_DISABLED; "" if none came.
	reason string
	// retryAfter is what the server asked to wait; 0 if it did not.
	retryAfter time.Duration
	// date is when it was, by the server's clock.
	date time.Time
	// clock is the server's.
	clock clock
	// location is the host that a redirect leads to; "" if it is none.
	location string
	// asked is what was asked to resume from; zero if nothing was.
	asked position
}

// newRefusal reads an answer other than 200. Its body is Google's error object,
// that object inside an array, or whatever else stands in between.
func newRefusal(answer *http.Response, asked position) *refusal {
	now := time.Now()
	r := &refusal{
		code:  answer.StatusCode,
		clock: readClock(answer.Header, now),
		date:  now, // A server without a clock is not expected, so ours has to do.
		asked: asked,
	}
	if r.clock.known {
		r.date = r.clock.date
	}
	r.retryAfter = parseRetryAfter(answer.Header, r.date)
	// The body only explains the status, so a body cut short is what it is.
	body, _ := io.ReadAll(io.LimitReader(answer.Body, refusalLimit))
	body = bytes.TrimSpace(body)
	if said := readErrorObject(body); said != nil {
		r.status, r.message, r.reason = truncate(said.status, wordsLimit), truncate(said.message, wordsLimit), truncate(said.reason, wordsLimit)
	}
	if elsewhere, err := answer.Location(); err == nil {
		r.location = elsewhere.Host
	}
	if r.message == "" {
		r.message = truncate(strings.ToValidUTF8(string(body), ""), wordsLimit)
	}
	return r
}

// An errorObject is how Google words an error.
type errorObject struct{ status, message, reason string }

// readErrorObject reads Google's error object, or the one inside an array. It
// returns nil where body is neither.
func readErrorObject(body []byte) *errorObject {
	type object struct {
		Error *struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	var said object
	if json.Unmarshal(body, &said) != nil {
		var inArray []object
		if json.Unmarshal(body, &inArray) == nil && len(inArray) > 0 {
			said = inArray[0]
		}
	}
	if said.Error == nil {
		return nil
	}
	read := &errorObject{status: said.Error.Status, message: said.Error.Message}
	for _, detail := range said.Error.Details {
		if detail.Reason != "" {
			read.reason = detail.Reason
		}
	}
	return read
}

// longestRetryAfter is how much of a server's Retry-After is believed.
const longestRetryAfter = time.Hour

// parseRetryAfter reads the header in either of its forms, seconds or a date.
func parseRetryAfter(header http.Header, now time.Time) (wait time.Duration) {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		wait = time.Duration(min(seconds, uint64(longestRetryAfter/time.Second))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(0, wait), longestRetryAfter)
}

func (r *refusal) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "the server answered %d", r.code)
	if r.status != "" {
		text.WriteString(" " + r.status)
	}
	if r.message != "" {
		text.WriteString(": " + r.message)
	}
	if r.location != "" {
		text.WriteString(" (a redirect to " + r.location + ")")
	}
	return text.String()
}

// tooOld says that what was refused is the position: the server has nothing as
// old any more. Google answers 400 beyond its 168 hours.
func (r *refusal) tooOld() bool {
	return r.code == http.StatusBadRequest && !r.asked.isZero() && !r.tokenRefused() && r.date.Sub(r.asked.time()) > retention-retentionMargin
}

// tokenRefused says that it was a page token that was asked with. Whatever is
// wrong with the request, the token may be it: it is opaque, and may expire.
func (r *refusal) tokenRefused() bool {
	return r.code == http.StatusBadRequest && r.asked.PageToken != ""
}

// tooNew says that the position is in the future, by the server's clock, which
// answers 400 to that as well. It will not stay there.
func (r *refusal) tooNew() bool {
	return r.code == http.StatusBadRequest && !r.tokenRefused() && r.asked.time().After(r.date)
}
