package chronicletest

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// Network is a network inside the process, with one address and one listener
// at a time. Its connections buffer as a kernel's do and keep to deadlines, and
// whoever waits on one waits on channels and timers alone, so that inside
// testing/synctest waiting lets the clock move on.
//
// A Network outlives its server: while nobody listens a dial is refused, and
// the next server with the same Network answers at the same URL.
type Network struct {
	mu       sync.Mutex // guards listener
	listener *memoryListener
}

// NewNetwork makes a network on which nobody listens yet.
func NewNetwork() *Network { return &Network{} }

var (
	serverAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	clientAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2}
)

// Listen opens the network's listener. NewServer does so by itself for
// WithNetwork. It fails with EADDRINUSE while another listener is open.
func (n *Network) Listen() (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listener != nil && !n.listener.isClosed() {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: serverAddr, Err: syscall.EADDRINUSE}
	}
	n.listener = &memoryListener{
		arrivals: make(chan net.Conn),
		closed:   make(chan struct{}),
	}
	return n.listener, nil
}

// DialContext connects to the listener, whatever the address: it has the shape
// of http.Transport's field of that name. It fails with ECONNREFUSED where
// nobody listens, and as ctx does when ctx ends first.
func (n *Network) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listener
	n.mu.Unlock()

	refused := &net.OpError{Op: "dial", Net: network, Addr: serverAddr, Err: syscall.ECONNREFUSED}
	if l == nil {
		return nil, refused
	}
	client, server := connect()
	select {
	case l.arrivals <- server:
		return client, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: network, Addr: serverAddr, Err: ctx.Err()}
	}
}

// memoryListener hands connections from dialers to Accept. It keeps no backlog:
// a dial lasts until Accept takes it, so closing strands no connection.
type memoryListener struct {
	arrivals  chan net.Conn
	closed    chan struct{}
	closeOnce sync.Once
}

// Accept waits for the next connection.
func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.arrivals:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: serverAddr, Err: net.ErrClosed}
	}
}

// Close refuses whoever dials from now on.
func (l *memoryListener) Close() error {
	l.closeOnce.Do(func() { close(l.closed) })
	return nil
}

// Addr is the same loopback literal for every Network.
func (l *memoryListener) Addr() net.Addr { return serverAddr }

func (l *memoryListener) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}
