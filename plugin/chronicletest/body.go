package chronicletest

import (
	"bufio"
	"context"
	"net/http"
	"time"
)

// bodyBuffer gathers small elements, in bytes, so that a backlog of them doesn't
// cost a system call each. Larger pieces pass it by.
const bodyBuffer = 64 << 10

// bodyWriter writes a stream's body: gathered as long as there is more at hand,
// or in pieces with pauses if a step wants them.
type bodyWriter struct {
	ctx     context.Context //nolint:containedctx // Of the request whose body it is.
	closing <-chan struct{}
	buffer  *bufio.Writer
	control *http.ResponseController
	dirty   bool // whether anything was not flushed yet
	filled  bool // whether the array has an element already

	piece   int           // most bytes in one piece; 0 means no pieces
	pause   time.Duration // between two of them
	started bool          // whether there was a piece before
}

// newBodyWriter writes to w, whose headers are still held back: they are
// flushed with the first bytes, or by a flush of none.
func newBodyWriter(ctx context.Context, w http.ResponseWriter, closing <-chan struct{}, piece int, pause time.Duration) *bodyWriter {
	return &bodyWriter{
		ctx: ctx, closing: closing,
		buffer: bufio.NewWriterSize(w, bodyBuffer), control: http.NewResponseController(w), dirty: true,
		piece: piece, pause: pause,
	}
}

// element writes an element, or the beginning of one, and what separates it
// from the one before.
func (b *bodyWriter) element(e element) error {
	if b.filled {
		if err := b.write([]byte(separator)); err != nil {
			return err
		}
	}
	b.filled = true
	for _, part := range [][]byte{e.head, e.body, e.tail} {
		if err := b.write(part); err != nil {
			return err
		}
	}
	return nil
}

// write adds to the body.
func (b *bodyWriter) write(p []byte) error {
	if b.piece <= 0 {
		b.dirty = true
		_, err := b.buffer.Write(p)
		return err
	}
	for len(p) > 0 {
		if b.started {
			if err := b.rest(); err != nil {
				return err
			}
		}
		n := min(b.piece, len(p))
		b.dirty, b.started = true, true
		if _, err := b.buffer.Write(p[:n]); err != nil {
			return err
		}
		if err := b.flush(); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// flush sends everything that was written. It is free if that is nothing.
func (b *bodyWriter) flush() error {
	if !b.dirty {
		return nil
	}
	b.dirty = false
	if err := b.buffer.Flush(); err != nil {
		return err
	}
	return b.control.Flush()
}

// rest is the pause before the next piece.
func (b *bodyWriter) rest() error {
	if b.pause <= 0 {
		return b.ctx.Err()
	}
	timer := time.NewTimer(b.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-b.ctx.Done():
		return b.ctx.Err()
	case <-b.closing:
		return errClosed
	}
}
