package input

import (
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A cursor is where reading is: what the next connection asks for. It is ahead
// of the stored position by what is still in flight.
type cursor struct {
	at position.Position
	// located is set once at is known: from the store, or as the start.
	located bool
	// fresh is set while nothing was stored and no connection was made: at is
	// the start then.
	fresh bool
	// begun is when reading began, where the start is now; zero elsewhere.
	begun time.Time
	// asked is set once the server was asked to begin now.
	asked bool
	// corrected is set once begun was held against the server's clock.
	corrected bool
	// refusedToken is the last page token that the server refused.
	refusedToken string
	// skipped is set when at was moved to the oldest time that the server
	// should have, and no connection was made since.
	skipped bool
}

// begin places the cursor where reading starts when nothing is stored, for an
// input that was created some time before now.
func (c *cursor) begin(start settings.Start, created, now time.Time) {
	c.located, c.fresh = true, true
	c.at = position.At(start.Resolve(created))
	if start.Now {
		c.begun = created
		c.at = position.At(created.Add(-answer.ClockTolerance))
		// The server's now is as good as ours for a moment only.
		c.asked = now.Sub(created) > answer.ClockTolerance/2
	}
}

// ask is what to resume from, zero to begin now. Only the very first request
// begins at the server's now. If it fails, the second one asks for the time of
// the first: what was created between would else be missed.
func (c *cursor) ask() (resume position.Position) {
	if c.fresh && !c.begun.IsZero() && !c.asked {
		c.asked = true
		return position.Position{}
	}
	return c.at
}

// heard takes in the server's clock, with the first answer that tells it. Where
// ours is ahead, a start that is now for us lies in the server's future, which
// it refuses; what it sends until then would be missed.
func (c *cursor) heard(server answer.Clock) {
	if !c.fresh || c.begun.IsZero() || c.corrected || !server.Known {
		return
	}
	c.corrected = true
	if server.Ahead > answer.ClockTolerance {
		c.at = position.At(c.begun.Add(-server.Ahead - answer.ClockTolerance))
	}
}
