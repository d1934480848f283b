package chronicle

import (
	"context"
	"time"
)

// backstoryInterval keeps to the quota of the Backstory API: 10 requests a minute of
// each method, however a minute is counted. Nothing is documented of the Chronicle
// API.
const backstoryInterval = time.Minute/10 + 50*time.Millisecond

// A pace is when each method may be asked next.
type pace struct{ next map[string]time.Time }

// wait waits until a method may be asked, and notes that it is.
func (p *pace) wait(ctx context.Context, api API, method string) error {
	if api != Backstory {
		return context.Cause(ctx)
	}
	if p.next == nil {
		p.next = make(map[string]time.Time)
	}
	timer := time.NewTimer(time.Until(p.next[method]))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	p.next[method] = time.Now().Add(backstoryInterval)
	return nil
}
