package chronicle

import (
	"errors"
	"fmt"
)

var (
	// ErrSilence ends a connection on which nothing was heard for too long.
	ErrSilence = errors.New("nothing was heard from the server")

	// ErrEnded is the end of a stream by the server, between two elements.
	ErrEnded = errors.New("the server ended it")

	// ErrDoubtful is an ErrEnded that may be a break: behind a comma, which announces
	// another element, or of a body whose length nothing tells.
	ErrDoubtful = fmt.Errorf("%w, perhaps by a cut", ErrEnded)

	// errClosed ends a connection that is not wanted any more.
	errClosed = errors.New("the input is closing")
)

// A StreamError is why an open stream ended, other than in good order.
type StreamError struct{ Err error }

func (e *StreamError) Error() string { return "reading the stream: " + e.Err.Error() }
func (e *StreamError) Unwrap() error { return e.Err }
