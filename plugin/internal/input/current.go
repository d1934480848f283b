package input

import "github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"

// A link is the current connection and what reading it has come to.
type link struct {
	*chronicle.Connection

	// fruitful is set once the connection delivered a complete element other than
	// a heartbeat: it counts as a success then.
	fruitful bool
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

// markFruitful notes that the current connection, if there is one, is a success.
// Only the reader of its pieces calls it.
func (in *input) markFruitful() {
	if conn := in.current(); conn != nil {
		conn.fruitful = true
	}
}
