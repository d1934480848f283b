package chronicle

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A Refusal is an answer other than a stream, or an error within one, which is
// an answer that came late.
type Refusal struct {
	// Within is the error's element where it came within a stream, else nil.
	Within *stream.ServerError
	// Code is the HTTP status, or what an error within a stream stands for: 0
	// where it does not say.
	Code int
	// Status is Google's canonical code, such as UNAVAILABLE; "" if none came.
	Status string
	// Message is the server's own words; "" if none came.
	Message string
	// Cause is what it says for programs.
	answer.Cause
	// Foreign says that the answer is no API's, but a page of a front end or a
	// proxy.
	Foreign bool
	// RetryAfter is the longest that the server asked to wait, by the header or
	// among the details; 0 if it did not.
	RetryAfter time.Duration
	// Date is when it was, by the server's clock.
	Date time.Time
	// Clock is the server's.
	Clock answer.Clock
	// Location is the host that a redirect leads to; "" if it is none.
	Location string
	// Search says that it was a search that was refused, and Permission what that
	// wants of an account, "" where it is not known.
	Search     bool
	Permission string
	// Asked is what was asked to resume from; zero if nothing was, or if the
	// server had taken that before.
	Asked Resume
}

// newRefusal reads an answer other than 200. Its body is Google's error object,
// that object inside an array, or whatever else stands in between.
func newRefusal(response *http.Response, asked Resume) *Refusal {
	now := time.Now()
	r := &Refusal{
		Code:  response.StatusCode,
		Clock: answer.ReadClock(response.Header, now),
		Date:  now, // A server without a clock is not expected, so ours has to do.
		Asked: asked,
	}
	if r.Clock.Known {
		r.Date = r.Clock.Date
	}
	r.RetryAfter = answer.RetryAfter(response.Header, r.Date)
	// The body only explains the status, so a body cut short is what it is.
	body, _ := io.ReadAll(io.LimitReader(response.Body, answer.BodyLimit))
	body = bytes.TrimSpace(body)
	if said := answer.ReadErrorObject(body); said != nil {
		r.Status, r.Message, r.Cause = words(said.Status), words(said.Message), said.Cause
		r.RetryAfter = max(r.RetryAfter, said.RetryDelay)
	}
	if elsewhere, err := response.Location(); err == nil {
		r.Location = elsewhere.Host
	}
	r.Foreign = answer.IsForeign(body)
	if r.Message == "" {
		r.Message = answer.Words(body)
	}
	return r
}

// refused reads an error within the stream.
func (c *Connection) refused(e *stream.ServerError) *Refusal {
	r := &Refusal{Within: e, Clock: c.server, Date: c.Now(), Asked: c.asked}
	if said := answer.ReadError(e.Value); said != nil {
		r.Code, r.Status, r.Message, r.Cause, r.RetryAfter = said.Code, words(said.Status), words(said.Message), said.Cause, said.RetryDelay
	}
	return r
}

func words(text string) string { return answer.Cut(text, answer.WordsLimit) }

func (r *Refusal) Error() string {
	if r.Within != nil {
		return r.Within.Error()
	}
	var text strings.Builder
	fmt.Fprintf(&text, "the server answered %d", r.Code)
	if r.Status != "" {
		text.WriteString(" " + r.Status)
	}
	if r.Message != "" {
		text.WriteString(": " + r.Message)
	}
	if r.Location != "" {
		text.WriteString(" (a redirect to " + r.Location + ")")
	}
	return text.String()
}

// TooOld says that what was refused is the position: the server has nothing as
// old any more. Google answers 400 beyond its 168 hours.
func (r *Refusal) TooOld() bool {
	return r.Code == http.StatusBadRequest && r.Asked != (Resume{}) && !r.TokenRefused() && r.Date.Sub(r.Asked.time()) > Retention-RetentionMargin
}

// TokenRefused says that it was a page token that was asked with. Whatever is
// wrong with the request, the token may be it: it is opaque, and may expire.
func (r *Refusal) TokenRefused() bool {
	return r.Code == http.StatusBadRequest && r.Asked.PageToken != ""
}

// TooNew says that the position is in the future, by the server's clock, which
// answers 400 to that as well. It will not stay there.
func (r *Refusal) TooNew() bool {
	return r.Code == http.StatusBadRequest && !r.TokenRefused() && r.Asked.time().After(r.Date)
}
