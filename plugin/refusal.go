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
	// asked is what was asked to resume from; zero if nothing was.
	asked position
}

// newRefusal reads an answer other than 200. Its body is Google's error object,
// that object inside an array, or whatever else stands in between.
func newRefusal(answer *http.Response, asked position, now time.Time) *refusal {
	r := &refusal{
		code:       answer.StatusCode,
		retryAfter: parseRetryAfter(answer.Header.Get("Retry-After"), now),
		asked:      asked,
	}
	// The body only explains the status, so a body cut short is what it is.
	body, _ := io.ReadAll(io.LimitReader(answer.Body, refusalLimit))
	body = bytes.TrimSpace(body)
	type object struct {
		Error struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	var answers []object
	if err := json.Unmarshal(body, &answers); err != nil {
		answers = make([]object, 1)
		if err := json.Unmarshal(body, &answers[0]); err != nil {
			r.message = truncate(strings.ToValidUTF8(string(body), ""), wordsLimit)
			return r
		}
	}
	for _, a := range answers {
		r.status, r.message = truncate(a.Error.Status, wordsLimit), truncate(a.Error.Message, wordsLimit)
		for _, detail := range a.Error.Details {
			r.reason = truncate(detail.Reason, wordsLimit)
		}
	}
	return r
}

// parseRetryAfter reads the header in either of its forms, seconds or a date.
func parseRetryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(max(0, seconds)) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
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
	if r.reason == "SERVICE_DISABLED" {
		text.WriteString(" (projects new to Google SecOps have no access to the Backstory API; see the field " + fieldAPI + ")")
	}
	return text.String()
}

// tooOld says that what was refused is the position: the server has nothing as
// old any more. Google answers 400 beyond its 168 hours.
func (r *refusal) tooOld(now time.Time) bool {
	if r.code != http.StatusBadRequest || r.asked.isZero() {
		return false
	}
	if now.Sub(r.asked.time()) > retention-retentionMargin {
		return true
	}
	// Clocks differ, so the server's words count as well.
	words := strings.ToLower(r.message)
	return strings.Contains(words, "continuation") && strings.Contains(words, "old")
}
