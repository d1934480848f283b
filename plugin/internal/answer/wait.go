package answer

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// LongestWait is how much of what a server asks to wait is believed.
const LongestWait = time.Hour

// RetryAfter reads the header of that name in either of its forms, seconds (with
// fractions, which some send) or a date, held against now. It is 0 where there
// is none, and at most LongestWait.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if wait, isSeconds := seconds(value); isSeconds {
		return wait
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, date.Sub(now)), LongestWait)
}

// retryDelay reads a google.protobuf.Duration in either of its forms: "3.5s" in
// JSON, or the fields of the message.
func retryDelay(value json.RawMessage) time.Duration {
	if number, isText := strings.CutSuffix(text(value), "s"); isText {
		wait, _ := seconds(number)
		return wait
	}
	var fields struct {
		Seconds json.RawMessage `json:"seconds"`
		Nanos   int64           `json:"nanos"`
	}
	if json.Unmarshal(value, &fields) != nil {
		return 0
	}
	wait, _ := seconds(strings.Trim(string(fields.Seconds), `"`))
	return min(wait+time.Duration(max(0, fields.Nanos)), LongestWait)
}

// seconds reads a number of seconds, with fractions perhaps. Below zero is no
// wait.
func seconds(number string) (wait time.Duration, ok bool) {
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil && n == 0, math.IsNaN(n):
		return 0, false
	case n <= 0:
		return 0, true
	case n >= LongestWait.Seconds():
		return LongestWait, true
	}
	return time.Duration(n * float64(time.Second)), true
}
