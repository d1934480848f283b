package plugin

import (
	"errors"
	"fmt"
)

var (
	// errSilence ends a connection on which nothing was heard for idle_timeout.
	errSilence = errors.New("nothing was heard from the server")

	// errEnded is the end of a stream by the server, between two elements.
	errEnded = errors.New("the server ended it")

	// errClosed ends a connection because the input is being closed.
	errClosed = errors.New("the input is closing")

	// errStopping ends a connection because the pipeline is being stopped.
	errStopping = errors.New("the pipeline is stopping")
)

// A cacheError is a failure to read or write the stored position. What failed
// is the cache, not the server.
type cacheError struct {
	doing string
	label string
	err   error
}

func (e *cacheError) Error() string {
	return fmt.Sprintf("%s the position in the cache %s: %v", e.doing, e.label, e.err)
}

func (e *cacheError) Unwrap() error { return e.err }
