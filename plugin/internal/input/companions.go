package input

import (
	"sync"
	"weak"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// companions are the inputs of a host program that have not ended, so that one that
// gives up knows whether its stream goes on without it.
type companions struct {
	mu sync.Mutex // guards what follows, never held while waiting
	// Weak, since Benthos drops inputs without closing them where another component of a
	// stream cannot be built.
	running map[Place]weak.Pointer[companion]
	changed chan struct{} // closed and replaced when one has ended
}

// A companion is one input among those of a host program.
type companion struct {
	of    *companions
	place Place
}

// companionsID is what the resources know the companions by.
type companionsID struct{}

// companionsOf are the inputs that have their resources in common.
func companionsOf(res *service.Resources) *companions {
	value, _ := res.GetOrSetGeneric(companionsID{}, &companions{
		running: make(map[Place]weak.Pointer[companion]),
		changed: make(chan struct{}),
	})
	return value.(*companions)
}

// join makes the input at a place one of them, instead of an earlier one there.
func (c *companions) join(at Place) *companion {
	c.mu.Lock()
	defer c.mu.Unlock()
	joined := &companion{of: c, place: at}
	c.running[at] = weak.Make(joined)
	return joined
}

// leave is called when the input has ended, in whatever way. It may be called again.
func (c *companion) leave() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.of.running[c.place].Value() != c {
		return
	}
	delete(c.of.running, c.place)
	close(c.of.changed)
	c.of.changed = make(chan struct{})
}

// othersRun says whether other inputs of the same stream run, and returns what is closed
// when that may have changed.
func (c *companion) othersRun() (bool, <-chan struct{}) {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	for at, other := range c.of.running {
		if at != c.place && at.Stream == c.place.Stream && other.Value() != nil {
			return true, c.of.changed
		}
	}
	return false, c.of.changed
}
