package input

import (
	"context"
	"time"
)

// reconnectInterval is the least time between two connections where the first
// was a success: a server that ends every connection at once is not hammered.
const reconnectInterval = time.Second

// A backoff is how long to wait after failures in a row.
type backoff struct{ initial, max time.Duration }

// delay is the wait after n failures in a row, n ≥ 1: it doubles from initial
// up to max, and is up to a quarter longer by jitter, which is in [0, 1).
func (b backoff) delay(n int, jitter float64) time.Duration {
	wait := b.initial
	for range n - 1 {
		if wait > b.max/2 {
			wait = b.max
			break
		}
		wait *= 2
	}
	wait = min(wait, b.max)
	return wait + time.Duration(jitter*float64(wait)/4)
}

// retries decides when the next connection may be opened, and when to give up.
// It outlives connections. It is a plain calculation: time and chance are
// handed to it.
type retries struct {
	backoff     backoff
	maxFailures int // 0 = never give up

	failures  int // in a row
	notBefore time.Time
}

// failed notes a failed connection and says whether there were too many in a
// row. The server's Retry-After wins where it is longer.
func (r *retries) failed(now time.Time, retryAfter time.Duration, jitter float64) (giveUp bool) {
	r.failures++
	r.notBefore = now.Add(max(r.backoff.delay(r.failures, jitter), retryAfter))
	return r.maxFailures > 0 && r.failures > r.maxFailures
}

// refused notes an attempt that is followed by one for something else, at once.
// It counts: a server that refuses one thing and breaks the other off, in turns,
// gets nowhere.
func (r *retries) refused() (giveUp bool) {
	r.failures++
	r.notBefore = time.Time{}
	return r.maxFailures > 0 && r.failures > r.maxFailures
}

// succeeded notes a connection, opened at a time, that was a success and has ended
// at now. The server may have asked to wait all the same.
func (r *retries) succeeded(opened, now time.Time, retryAfter time.Duration) {
	r.failures = 0
	r.notBefore = opened.Add(reconnectInterval)
	if asked := now.Add(retryAfter); retryAfter > 0 && asked.After(r.notBefore) {
		r.notBefore = asked
	}
}

// wait is how long the next connection has to wait.
func (r *retries) wait(now time.Time) time.Duration {
	return max(0, r.notBefore.Sub(now))
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
