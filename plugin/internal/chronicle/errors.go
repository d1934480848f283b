package chronicle

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrSilence ends a connection on which nothing was heard for too long. It is
	// what every *[SilenceError] wraps.
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

// A SilenceError is a silence that has lasted for too long.
type SilenceError struct {
	// Timeout is the setting that ended it after Lasted.
	Timeout Timeout
	Lasted  time.Duration
	// Unanswered says that the request was sent, and that no element of the answer has
	// begun.
	Unanswered bool
	// Bytes says that some came meanwhile, but nothing that came to its end.
	Bytes bool
}

func (e *SilenceError) Error() string {
	but, and := "", ""
	if e.Bytes {
		but, and = " but single bytes", ", and no detection or element came to its end"
	}
	return fmt.Sprintf("%v%s for %s%s (%s)", ErrSilence, but, e.Lasted, and, e.Timeout.Origin)
}

// Unwrap returns ErrSilence.
func (e *SilenceError) Unwrap() error { return ErrSilence }
