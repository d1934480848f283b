package chronicletest

import "time"

// The Chronicle API serves its history in windows. Clients' code and fixtures
// tell of a position: a nextPageToken means that its window has more, and a
// nextPageStartTime that the window is finished, and where the next one begins.
//
// Here a window is so many detection batches from where it begins, fewer if the
// history has no more at present: which it is shows when a batch is served. A
// window's extent travels in its tokens, so who resumes by one finds the window
// to end where it would have ended.

// window is a window that has begun. The zero window has not.
type window struct {
	start time.Time // the position ahead of its first batch
	last  int       // the number of its last batch; 0 before its first
}

// pager renders a stream of the Chronicle API.
type pager struct {
	api    *chronicle
	window window
}

// elements renders a part of the history with its position.
func (g *pager) elements(p part) []element {
	position := ""
	if p.raw == nil {
		position = g.position(p)
	}
	return g.api.options.layout.render(p, position)
}

// position is what a part says of how to go on after it.
func (g *pager) position(p part) string {
	if g.api.options.continuationTimes {
		return stampMember(fieldContinuationTime, p.at)
	}
	if g.window.last == 0 {
		g.window.last = p.number + g.api.options.window - 1
	}
	if g.window.start.IsZero() {
		g.window.start = p.before
	}
	if p.whole && (p.number >= g.window.last || p.newest) {
		g.window = window{start: p.at}
		return stampMember(nextPageStartTime, p.at)
	}
	token := `"` + nextPageToken + `": "` + g.api.tokens.seal(p.at, g.window) + `"`
	if g.api.options.bothPositions {
		token += ", " + stampMember(nextPageStartTime, g.window.start)
	}
	return token
}

// heartbeat renders one, with a position if the options say so and nothing is
// left to serve.
func (g *pager) heartbeat(at cursor) element {
	if !g.api.options.heartbeatPositions {
		return plainHeartbeat
	}
	passed, ok := g.api.history.pass(at, time.Now())
	if !ok {
		return plainHeartbeat
	}
	g.window = window{start: passed}
	name := nextPageStartTime
	if g.api.options.continuationTimes {
		name = fieldContinuationTime
	}
	return element{body: []byte("{" + stampMember(name, passed) + `, "heartbeat": true}`)}
}
