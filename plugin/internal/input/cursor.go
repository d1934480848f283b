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
	// begun is when reading began, where the start is now; zero elsewhere.
	begun time.Time
	// asked is set once the server was asked to begin now.
	asked bool
	// corrected is set once begun was held against the server's clock.
	corrected bool
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
	c.fresh = true
	c.Begin(position.At(start.Resolve(created)))
	if start.Now {
		c.begun = created
		c.Begin(position.At(created.Add(-answer.ClockTolerance)))
		// The server's now is as good as ours for a moment only.
		c.asked = now.Sub(created) > answer.ClockTolerance/2
	}
}

// ask is what to resume from at now, zero to begin now. Only the very first request
// begins at the server's now. If it fails, the second one asks for the time of
// the first: what was created between would else be missed.
func (c *cursor) ask(now time.Time) position.Position {
	if c.fresh && !c.begun.IsZero() && !c.asked {
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

// heard takes in the server's clock, with the first answer that tells it, so long
// after the input was created. Where ours is ahead, or was set back meanwhile, a
// start that was now for us lies in the server's future, which it refuses; what it
// sends until then would be missed.
func (c *cursor) heard(server answer.Clock, elapsed time.Duration) {
	if !c.fresh || c.begun.IsZero() || c.corrected || !server.Known {
		return
	}
	c.corrected = true
	begun := server.Date.Add(-elapsed)
	if c.begun.Sub(begun) > answer.ClockTolerance {
		c.Begin(position.At(begun.Add(-answer.ClockTolerance)))
	}
}

// oldest is the oldest position that the server should have at now, by its clock.
func oldest(now time.Time) position.Position {
	return position.At(now.Add(chronicle.RetentionMargin - chronicle.Retention))
}
