package input

import (
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A cursor is what the next connection asks for. It is ahead of the stored
// position by what is still in flight.
type cursor struct {
	position.Reading

	// located is set once it is known where reading is: from the store, or as the
	// start.
	located bool
	// fresh is set while nothing was stored and no connection was made: reading is
	// at the start then.
	fresh bool
	// created is when the input was, by our clock, where reading begins at a start that
	// depends on it; zero elsewhere.
	created time.Time
	// asked is set once the server was asked to begin now, or must not be.
	asked bool
	// checked is set once the beginning was compared with the server's clock, or the
	// position is one that the server gave.
	checked bool
	// refusedToken is the last page token that the server refused.
	refusedToken string
	// skip is set while it is tried whether the server takes the oldest time that
	// it should have instead of where reading is.
	skip *skip
	// searchTo is up to where to read by search, zero where that is not due.
	searchTo time.Time
}

// A skip is an attempt to go on without what is out of reach.
type skip struct {
	because error         // the refusal
	ahead   time.Duration // our clock, of the server's
	to      position.Position
}

// begin places the cursor where reading starts when nothing is stored, for an
// input that was created some time before now.
func (c *cursor) begin(start settings.Start, created, now time.Time) {
	c.fresh, c.asked = true, true
	c.Begin(position.At(start.Resolve(created)))
	if start.Moves() {
		c.created = created
	}
	if start.Now {
		c.Begin(position.At(created.Add(-answer.ClockTolerance)))
		// The server's now is as good as ours for a moment only.
		c.asked = now.Sub(created) > answer.ClockTolerance/2
	}
}

// ask is what to resume from at now, zero to begin now. Only the very first request
// begins at the server's now. If it fails, the second one asks for the time of
// the first: what was created between would else be missed.
func (c *cursor) ask(now time.Time) position.Position {
	if !c.asked && c.fresh {
		c.asked = true
		return position.Position{}
	}
	if c.skip != nil {
		// While no connection succeeds, the oldest time moves on.
		c.skip.to = oldest(now.Add(-c.skip.ahead))
		return c.skip.to
	}
	return c.At()
}

// heard takes in the server's clock, so long after the input was created, and says
// whether that has moved the cursor. A beginning in the server's future was made by our
// clock, in this process or an earlier one: the server refuses it, or leaves out what
// comes until then. It is moved back by as much as our clock is ahead, and to the
// server's now at least; a time that people wrote down only to that.
//
// The first answer counts that tells the time. A later position in the future is one of
// the server's own, and moves to its now once it is refused for that.
func (c *cursor) heard(server answer.Clock, elapsed time.Duration, tooNew bool) (moved bool) {
	first := !c.checked
	if !server.Known || !first && !tooNew || c.At().PageToken != "" {
		return false
	}
	c.checked = true
	at, ahead := c.At().Time(), time.Duration(0)
	isLate := at.Sub(server.Date) > answer.ClockTolerance || tooNew
	switch {
	case first && !c.created.IsZero():
		// Our clock may have been set since then.
		ahead = c.created.Round(0).Sub(server.Date.Add(-elapsed))
		isLate = ahead > answer.ClockTolerance || tooNew
	case first && !c.fresh:
		ahead = max(0, server.Ahead)
	}
	if !isLate {
		return false
	}
	if at = at.Add(-ahead); at.After(server.Date) {
		at = server.Date
	}
	if !at.Before(c.At().Time()) {
		return false
	}
	c.Begin(position.At(at))
	return true
}

// Element is Reading's, and notes whether the position is now the server's own.
func (c *cursor) Element(said position.Said, detections bool) (further bool, err error) {
	before := c.At()
	further, err = c.Reading.Element(said, detections)
	c.checked = c.checked || c.At() != before
	return further, err
}

// Ended is Reading's, and notes whether the position is now the server's own.
func (c *cursor) Ended() (further bool) {
	before := c.At()
	further = c.Reading.Ended()
	c.checked = c.checked || c.At() != before
	return further
}

// oldest is the oldest position that the server should have at now, by its clock.
func oldest(now time.Time) position.Position {
	return position.At(now.Add(chronicle.RetentionMargin - chronicle.Retention))
}
