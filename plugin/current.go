package plugin

// adopt makes conn the current connection, unless the input is closed.
func (in *input) adopt(conn *connection) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	in.conn = conn
	return true
}

func (in *input) current() *connection {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.conn
}

func (in *input) dropConnection() (dropped *connection) {
	in.mu.Lock()
	defer in.mu.Unlock()
	dropped, in.conn = in.conn, nil
	return dropped
}
