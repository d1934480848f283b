package chronicletest

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A connection of a Network is two flows, one a direction. A flow is a bounded
// buffer that a writer fills and a reader empties:
//
//	client.Write ──▶ flow ──▶ server.Read
//	client.Read  ◀── flow ◀── server.Write
//
// Nobody ever waits while holding a flow's lock: waiters take the channel that
// the next change closes, let the lock go, and look again afterwards.

// flowCapacity is how many bytes a flow holds before its writer has to wait, of
// the order of a kernel's socket buffers.
const flowCapacity = 256 << 10

// connect makes both ends of a connection.
func connect() (client, server net.Conn) {
	up, down := newFlow(), newFlow()
	return &memoryConn{in: down, out: up, local: clientAddr, remote: serverAddr},
		&memoryConn{in: up, out: down, local: serverAddr, remote: clientAddr}
}

// memoryConn is one end of a connection.
type memoryConn struct {
	in, out       *flow
	local, remote net.Addr
}

func (c *memoryConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }

// LocalAddr implements net.Conn.
func (c *memoryConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *memoryConn) RemoteAddr() net.Addr { return c.remote }

// SetReadDeadline implements net.Conn.
func (c *memoryConn) SetReadDeadline(t time.Time) error { return c.in.set(&c.in.readDeadline, t) }

// SetWriteDeadline implements net.Conn.
func (c *memoryConn) SetWriteDeadline(t time.Time) error { return c.out.set(&c.out.writeDeadline, t) }

// SetDeadline sets both deadlines.
func (c *memoryConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// Close ends both directions. What was written before still reaches the other
// end, and then io.EOF. Writing ends first: whoever sees its reads fail must not
// get a last word in.
func (c *memoryConn) Close() error {
	c.out.closeWriter()
	c.in.closeReader()
	return nil
}

// flow is one direction of a connection.
type flow struct {
	mu            sync.Mutex // guards everything below
	pending       bytes.Buffer
	readerClosed  bool
	writerClosed  bool
	readDeadline  time.Time // zero: none
	writeDeadline time.Time // zero: none
	changed       chan struct{}
}

func newFlow() *flow { return &flow{changed: make(chan struct{})} }

// announce wakes whoever waits for a change. The lock is held.
func (f *flow) announce() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *flow) closeReader() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readerClosed = true
	f.announce()
}

func (f *flow) closeWriter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writerClosed = true
	f.announce()
}

// set moves one of the flow's deadlines, for those who wait already as well.
func (f *flow) set(deadline *time.Time, t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	*deadline = t
	f.announce()
	return nil
}

// read takes what there is, and waits while there is nothing.
func (f *flow) read(p []byte) (int, error) {
	for {
		n, wait, deadline, err := f.tryRead(p)
		if wait == nil {
			return n, err
		}
		waitUntil(wait, deadline)
	}
}

// tryRead reads without waiting, or says what to wait for.
func (f *flow) tryRead(p []byte) (int, <-chan struct{}, time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.readerClosed:
		return 0, nil, time.Time{}, net.ErrClosed
	case passed(f.readDeadline):
		return 0, nil, time.Time{}, os.ErrDeadlineExceeded
	case len(p) == 0:
		return 0, nil, time.Time{}, nil
	case f.pending.Len() > 0:
		n, err := f.pending.Read(p)
		f.announce()
		return n, nil, time.Time{}, err
	case f.writerClosed:
		return 0, nil, time.Time{}, io.EOF
	}
	return 0, f.changed, f.readDeadline, nil
}

// write puts all of p into the flow, and waits while it is full.
func (f *flow) write(p []byte) (int, error) {
	written := 0
	for {
		n, wait, deadline, err := f.tryWrite(p[written:])
		written += n
		switch {
		case err != nil || written == len(p):
			return written, err
		case wait != nil:
			waitUntil(wait, deadline)
		}
	}
}

// tryWrite writes what fits without waiting, or says what to wait for.
func (f *flow) tryWrite(p []byte) (int, <-chan struct{}, time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.writerClosed:
		return 0, nil, time.Time{}, net.ErrClosed
	case passed(f.writeDeadline):
		return 0, nil, time.Time{}, os.ErrDeadlineExceeded
	case f.readerClosed:
		return 0, nil, time.Time{}, syscall.ECONNRESET
	}
	room := flowCapacity - f.pending.Len()
	if room == 0 {
		return 0, f.changed, f.writeDeadline, nil
	}
	n, err := f.pending.Write(p[:min(room, len(p))])
	f.announce()
	return n, nil, time.Time{}, err
}

// passed tells whether a deadline is set and over.
func passed(deadline time.Time) bool {
	return !deadline.IsZero() && !time.Now().Before(deadline)
}

// waitUntil waits for a change or, if a deadline is set, for that.
func waitUntil(changed <-chan struct{}, deadline time.Time) {
	if deadline.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}
