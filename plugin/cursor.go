package plugin

import (
	"net/http"
	"time"
)

// clockTolerance is how far our clock may be from the server's before a
// difference is believed: the Date header has whole seconds, and answers take
// time.
const clockTolerance = 2 * time.Second

// A cursor is where reading is: what the next connection asks for. It is ahead
// of the stored position by what is still in flight.
type cursor struct {
	at position
	// located is set once at is known: from the store, or as the start.
	located bool
	// fresh is set while nothing was stored and no connection was made: at is
	// the start then.
	fresh bool
	// now is set while at is the time of our own start, asked for by asking
	// for nothing.
	now bool
	// skipped is set when at was moved to the oldest time that the server
	// should have, and no connection was made since.
	skipped bool
}

// begin places the cursor where reading starts when nothing is stored.
func (c *cursor) begin(start startTime, now time.Time) {
	c.at, c.located, c.fresh, c.now = positionAt(start.resolve(now)), true, true, start.isNow()
}

// ask is what to resume from, zero to begin now. Only the very first request
// begins at the server's now. If it fails, the second one asks for the time of
// the first: what was created between would else be missed.
func (c *cursor) ask() (resume position) {
	if c.now {
		c.now = false
		return position{}
	}
	return c.at
}

// heard corrects a start of our own making by the server's clock, as far as an
// answer shows it: asking for a time in the server's future is an error, and
// one in its past would repeat more than was missed.
func (c *cursor) heard(header http.Header, begun time.Time) {
	if !c.fresh {
		return
	}
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	if ahead := begun.Sub(date); ahead > clockTolerance {
		c.at = positionAt(c.at.time().Add(-ahead))
	}
}
