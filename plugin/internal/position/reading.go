package position

import "time"

// A Reading is how far the stream was read: what the next connection resumes from,
// element after element. It is a plain calculation.
//
// A position that comes with detections stands behind them. One that comes without,
// in a heartbeat or alone, may stand behind the element before it, or behind the
// next one: clients write of servers that send the position first, as an element of
// its own, and then the detections. So it waits until the next element is complete,
// or the stream ends between two elements, and is dropped when the stream breaks
// before. Under either reading nothing is skipped, as long as a server that ends a
// stream in good order does not do so between a position and what it stands behind.
type Reading struct {
	at      Position
	waiting Position // zero = none
	newest  time.Time
}

// Begin begins at a position.
func (r *Reading) Begin(at Position) { *r = Reading{at: at, newest: at.Time()} }

// At is where reading can be resumed.
func (r *Reading) At() Position { return r.at }

// Element takes in what a complete element says that is not an error. It says
// whether the stream has come further in time than ever: a page token alone does
// not say so.
//
// The position of an element with detections counts as it stands. Without, it
// never goes back, and it does not give up a page token for the beginning of the
// window that the token is in.
func (r *Reading) Element(said Said, detections bool) (further bool, err error) {
	settled := r.settled()
	next, err := settled.Advance(said)
	if err != nil {
		return false, err
	}
	r.at, r.waiting = settled, Position{}
	switch {
	case detections:
		r.at = next
	case next != settled && !isBehind(next, settled):
		r.waiting = next
	}
	return r.further(), nil
}

// Ended takes in that the stream ended between two elements, and says whether it
// has come further by that.
func (r *Reading) Ended() (further bool) {
	r.at, r.waiting = r.settled(), Position{}
	return r.further()
}

// Broke takes in that the stream ended anywhere else.
func (r *Reading) Broke() { r.waiting = Position{} }

// GiveUpToken goes back to the beginning of the window that a page token is in.
func (r *Reading) GiveUpToken() { r.at, r.waiting = r.at.WithoutToken(), Position{} }

// settled is the position that counts once another element is complete.
func (r *Reading) settled() Position {
	if r.waiting.IsZero() {
		return r.at
	}
	return r.waiting
}

func (r *Reading) further() bool {
	at := r.at.Time()
	if !at.After(r.newest) {
		return false
	}
	r.newest = at
	return true
}

// isBehind says whether a position that came without detections is no progress: it
// is earlier, or the beginning of the window that the other one is in.
func isBehind(p, other Position) bool {
	if p.PageToken != "" {
		return false
	}
	return p.Time().Before(other.Time()) || other.PageToken != "" && p.Time().Equal(other.Time())
}
