package plugin

import (
	"fmt"
	"net/http"
	"time"
)

// clockTolerance is how far our clock may be from the server's without that
// showing: the Date header has whole seconds, and answers take time.
const clockTolerance = 2 * time.Second

// A clock is a server's, held against ours when its answer came.
type clock struct {
	// known says that the server told what time it is.
	known bool
	// date is the time that it told.
	date time.Time
	// ahead is how far ours is ahead of it, negative where it is behind.
	ahead time.Duration
}

// readClock reads the server's clock from the header of an answer.
func readClock(header http.Header, now time.Time) clock {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return clock{}
	}
	return clock{known: true, date: date, ahead: now.Sub(date)}
}

// isOff says whether our clock differs by more than a limit.
func (c clock) isOff(limit time.Duration) bool { return c.known && c.ahead.Abs() > limit }

// String tells the difference, to the second.
func (c clock) String() string {
	if c.ahead < 0 {
		return fmt.Sprintf("%s behind the server's", -c.ahead.Round(time.Second))
	}
	return fmt.Sprintf("%s ahead of the server's", c.ahead.Round(time.Second))
}

// reportClock warns, once, of a clock that is off: what goes by it looks wrong.
func (in *input) reportClock(server clock) {
	if !server.isOff(noticeableSkew) || in.clockTold.Swap(true) {
		return
	}
	in.log.Warnf("The clock of this machine is %s. Set it: chronicle_lag_seconds and a %s that is a duration go by it, and sign-ins may be refused", server, fieldStartTime)
}
