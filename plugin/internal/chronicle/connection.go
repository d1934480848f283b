package chronicle

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A Connection is one open stream. A goroutine of its own decodes ahead by one
// piece, then waits until that is taken, and another one reads some way ahead of
// it: who does not take pieces stops both, and with them the server. It has to be
// closed.
type Connection struct {
	opened time.Time
	pieces chan stream.Piece
	// done is closed when the goroutine has ended; err then says why. Every
	// piece was taken by then, or the connection was closed.
	done chan struct{}
	err  error

	ctx     context.Context //nolint:containedctx // Of the connection, which outlives the call that opens it.
	cancel  context.CancelCauseFunc
	silence *silenceTimer

	// further is set once a search has come further than any before it.
	further bool

	// What an error within the stream is judged by.
	asked  Resume // until the server sends something from there
	server answer.Clock
	heard  time.Time // when server was
}

// Opened is when opening it began.
func (c *Connection) Opened() time.Time { return c.opened }

// Now is the present by the server's clock, or by ours where it did not tell.
func (c *Connection) Now() time.Time {
	if c.server.Known {
		return c.server.Date.Add(time.Since(c.heard))
	}
	return time.Now()
}

// Pieces are those of the stream, in order, but none that is an error: that ends
// the connection. The channel is never closed.
func (c *Connection) Pieces() <-chan stream.Piece { return c.pieces }

// Done is closed when there will be no more pieces.
func (c *Connection) Done() <-chan struct{} { return c.done }

// Err is why there are no more, once Done is closed: [ErrEnded] where the server
// ended the stream in good order, else a *[StreamError]. That wraps a *[Refusal]
// where the server sent an error.
func (c *Connection) Err() error { return c.err }

// Further says, once Done is closed, whether a search has come further than any before
// it, if only by a request of the many that a slice may take.
func (c *Connection) Further() bool { return c.further }

// read decodes the stream and offers piece after piece until one side ends it.
func (c *Connection) read(response *http.Response, limits stream.Limits) error {
	body, err := plainBody(response.Header, &attentiveReader{response.Body, c.silence})
	if err != nil {
		return c.because(err)
	}
	ahead := prefetch(c.ctx, body)
	defer ahead.wait()
	defer c.cancel(errClosed)
	source := &attentiveSource{Source: ahead, silence: c.silence}
	decoder := stream.NewDecoder(source, limits)
	source.decoder = decoder
	for {
		piece, err := decoder.Next()
		// A server that is left may end the stream in good order; that is not its end then.
		if err == io.EOF && c.ctx.Err() == nil { //nolint:errorlint // The decoder's own word for an end in good order, never wrapped.
			if decoder.Announced() || !isDelimited(response) {
				return ErrDoubtful
			}
			return ErrEnded
		}
		if err != nil {
			return c.because(err)
		}
		if piece.Complete && piece.Kind == stream.Failure {
			return &StreamError{c.refused(piece.Err)}
		}
		if piece.Kind == stream.Batch || piece.Position != (stream.Position{}) {
			// The server took the place that was asked for, and has come further.
			c.asked = Resume{}
		}
		select {
		case c.pieces <- piece:
		case <-c.ctx.Done():
			return c.because(c.ctx.Err())
		}
	}
}

// because finds the reason behind an error: what a cancelled connection reports
// is only that it was cancelled.
func (c *Connection) because(err error) error {
	if cause := context.Cause(c.ctx); cause != nil {
		err = cause
	}
	return &StreamError{err}
}

// Interrupt ends the connection because of cause, which is why it ended then. It
// does not wait.
func (c *Connection) Interrupt(cause error) { c.cancel(cause) }

// Close ends the connection and waits until nothing of it is left.
func (c *Connection) Close() {
	c.cancel(errClosed)
	<-c.done
}
