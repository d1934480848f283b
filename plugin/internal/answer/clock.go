package answer

import (
	"fmt"
	"net/http"
	"time"
)

// ClockTolerance is how far our clock may be from the server's without that
// showing: the Date header has whole seconds, and answers take time.
const ClockTolerance = 2 * time.Second

// A Clock is a server's, held against ours when its answer came. The zero Clock
// is that of a server which did not tell, or did not answer.
type Clock struct {
	// Known says that the server told what time it is.
	Known bool
	// Date is the time that it told.
	Date time.Time
	// Ahead is how far ours is ahead of it, negative where it is behind.
	Ahead time.Duration
}

// ReadClock reads the server's clock from the header of an answer.
func ReadClock(header http.Header, now time.Time) Clock {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return Clock{}
	}
	return Clock{Known: true, Date: date, Ahead: now.Sub(date)}
}

// IsOff says whether our clock differs by more than a limit.
func (c Clock) IsOff(limit time.Duration) bool { return c.Known && c.Ahead.Abs() > limit }

// String tells the difference, to the second.
func (c Clock) String() string {
	if c.Ahead < 0 {
		return fmt.Sprintf("%s behind the server's", -c.Ahead.Round(time.Second))
	}
	return fmt.Sprintf("%s ahead of the server's", c.Ahead.Round(time.Second))
}
