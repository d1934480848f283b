package answer

import (
	"net/http"
	"strconv"
	"time"
)

// LongestWait is how much of what a server asks to wait is believed.
const LongestWait = time.Hour

// RetryAfter reads the header of that name in either of its forms, seconds or a
// date, held against now. It is 0 where there is none, and at most LongestWait.
func RetryAfter(header http.Header, now time.Time) (wait time.Duration) {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		wait = time.Duration(min(seconds, uint64(LongestWait/time.Second))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(0, wait), LongestWait)
}
