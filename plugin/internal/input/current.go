package input

import (
	"errors"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

// A link is the current connection and what reading it has come to. Only the
// reader of its pieces changes it.
type link struct {
	*chronicle.Connection

	// from is what was asked for.
	from position.Position
	// search says that it is one, and no stream.
	search bool

	// news is set once the connection brought something new: a detection that was
	// not had before, or a position that moved on in time.
	news bool
	// parts is how many pieces came of an element that is not complete yet.
	parts int
	// firstHeartbeat and heartbeat are when the first and the last one were heard, zero
	// while none was.
	firstHeartbeat, heartbeat time.Time
}

// aliveLongEnough is for how long heartbeats have to come for a connection to be a
// success without anything new, unless that is longer than a silence.
const aliveLongEnough = 30 * time.Second

// succeeded says whether the connection counts as a success though err has ended
// it at now. It does if it brought something new, or was alive: a quiet account has
// nothing else. A silence counts from the last heartbeat. The first one shows that the
// connection was alive for some time before it, but not for all of a long wait.
func (l *link) succeeded(now time.Time, idleTimeout time.Duration, err error) bool {
	if l.news || l.heartbeat.IsZero() {
		return l.news
	}
	if errors.Is(err, chronicle.ErrSilence) {
		now = l.heartbeat
	}
	enough := min(aliveLongEnough, idleTimeout)
	alive := l.firstHeartbeat.Add(-enough * 2 / 3)
	if alive.Before(l.Opened()) {
		alive = l.Opened()
	}
	return now.Sub(alive) >= enough
}

// adopt makes conn the current connection, unless the input is closed.
func (in *input) adopt(conn *link) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	in.conn = conn
	return true
}

func (in *input) current() *link {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.conn
}

func (in *input) dropConnection() (dropped *link) {
	in.mu.Lock()
	defer in.mu.Unlock()
	dropped, in.conn = in.conn, nil
	return dropped
}
