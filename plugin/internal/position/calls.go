package position

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// callTimeout is how long one call of a cache may take: ten seconds, with room for
	// those that take all of them.
	callTimeout = 11 * time.Second

	// maxAbandoned is how many calls of a kind may be left behind because they did
	// not return.
	maxAbandoned = 16
)

// ErrNoAnswer is the error of a call that was abandoned.
var ErrNoAnswer = fmt.Errorf("no answer within %s", callTimeout)

// calls are the calls of one kind to a cache, which may take no notice of its
// context. A call that has not returned in time is abandoned.
type calls struct {
	mu        sync.Mutex // guards abandoned, never held while waiting
	abandoned int
}

// call calls f, and returns when its time is over even where f does not. What f then
// comes to is told to late, unless that is nil.
func call[T any](ctx context.Context, in *calls, f func(context.Context) (T, error), late func()) (T, error) {
	var none T
	in.mu.Lock()
	abandoned := in.abandoned
	in.mu.Unlock()
	if abandoned >= maxAbandoned {
		return none, fmt.Errorf("%w, nor to %d earlier calls", ErrNoAnswer, abandoned)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, ErrNoAnswer)
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	returned := make(chan outcome, 1)
	go func() {
		value, err := f(ctx)
		returned <- outcome{value, err}
	}()
	select {
	case got := <-returned:
		if got.err != nil && ctx.Err() != nil {
			// A cache has other words for that.
			got.err = context.Cause(ctx)
		}
		return got.value, got.err
	case <-ctx.Done():
	}
	in.add(1)
	go func() {
		<-returned
		in.add(-1)
		if late != nil {
			late()
		}
	}()
	return none, context.Cause(ctx)
}

func (c *calls) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandoned += n
}
