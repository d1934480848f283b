package network

import (
	"context"
	"net"
	"sync"
)

// A socketSet remembers what it dialled, to close it for certain.
type socketSet struct {
	dial DialFunc

	mu     sync.Mutex // guards what follows
	opened []net.Conn
	closed bool
}

func (s *socketSet) open(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := s.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		// The transport finishes dialling in the background when the request
		// that wanted the connection is gone.
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	s.opened = append(s.opened, conn)
	return conn, nil
}

// close closes the sockets, and those that are still being dialled once they
// are open. Closing one twice does no harm.
func (s *socketSet) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, conn := range s.opened {
		_ = conn.Close()
	}
}
