package plugin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A connection is one open stream. A goroutine of its own decodes ahead by one
// piece, then waits until that is taken, and another one reads some way ahead of
// it: a pipeline that pushes back stops both, and with them the server.
type connection struct {
	opened time.Time
	pieces chan stream.Piece
	// done is closed when the goroutine has ended; err then says why. Every
	// piece was taken by then, or the connection was closed.
	done chan struct{}
	err  error

	ctx     context.Context //nolint:containedctx // Of the connection, which outlives the call that opens it.
	cancel  context.CancelCauseFunc
	silence *silenceTimer

	// fruitful is set by the reader of pieces once the connection delivered a
	// complete element other than a heartbeat: it counts as a success then.
	fruitful bool
}

// streamError is why an open stream ended, other than in good order.
type streamError struct{ err error }

func (e *streamError) Error() string { return "reading the stream: " + e.err.Error() }
func (e *streamError) Unwrap() error { return e.err }

// connect signs in and opens the stream. The attempt ends with ctx; the
// connection does not. The header of the answer is returned even with an error,
// nil where there was no answer.
func (c *config) connect(ctx context.Context, auth *authenticator, dial dialFunc, resume position) (*connection, http.Header, error) {
	conn := &connection{
		opened: time.Now(),
		pieces: make(chan stream.Piece),
		done:   make(chan struct{}),
	}
	conn.ctx, conn.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() { conn.cancel(context.Cause(ctx)) })
	defer detach()
	client, release := c.newClient(dial)
	conn.silence = newSilenceTimer(c.idleTimeout, conn.cancel)

	answer, err := c.openAuthenticated(conn, client, auth, resume) //nolint:bodyclose // The goroutine that reads it closes it.
	conn.silence.stop()
	var header http.Header
	if answer != nil {
		header = answer.Header
	}
	if err == nil && !detach() {
		_ = answer.Body.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.cancel(errClosed)
		release()
		return nil, header, err
	}
	go func() {
		defer close(conn.done)
		defer release()
		defer answer.Body.Close()
		conn.err = conn.read(answer, c.pieces)
	}()
	return conn, header, nil
}

func (c *config) openAuthenticated(conn *connection, client *http.Client, auth *authenticator, resume position) (*http.Response, error) {
	conn.silence.start()
	token, err := auth.fetch(conn.ctx, client)
	if err != nil {
		return nil, err
	}
	conn.silence.start()
	answer, err := c.open(conn.ctx, client, token, resume)
	if err != nil {
		return answer, fmt.Errorf("opening the stream at %s: %w", c.endpoint.Host, err)
	}
	return answer, nil
}

// read decodes the stream and offers piece after piece until one side ends it.
func (c *connection) read(answer *http.Response, limits stream.Limits) error {
	body, err := plainBody(answer.Header, &attentiveReader{answer.Body, c.silence})
	if err != nil {
		return c.because(err)
	}
	ahead := prefetch(c.ctx, body)
	defer ahead.wait()
	defer c.cancel(errClosed)
	decoder := stream.NewDecoder(&attentiveSource{ahead, c.silence}, limits)
	for {
		piece, err := decoder.Next()
		if err == io.EOF { //nolint:errorlint // The decoder's own word for an end in good order, never wrapped.
			return errEnded
		}
		if err != nil {
			return c.because(err)
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
func (c *connection) because(err error) error {
	if cause := context.Cause(c.ctx); cause != nil {
		err = cause
	}
	return &streamError{err}
}

// close ends the connection and waits until nothing of it is left.
func (c *connection) close() {
	c.cancel(errClosed)
	<-c.done
}

func (c *connection) markFruitful() {
	if c != nil {
		c.fruitful = true
	}
}
