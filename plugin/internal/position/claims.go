package position

import (
	"context"
	"runtime"
	"sync"
	"time"
	"weak"
)

// A Claim is an exclusive right to the position under a key of a cache. Two
// inputs that share one would each overwrite what the other needs to resume, and
// nobody would notice before detections are missing.
type Claim struct {
	in       *Claims
	key      claimKey
	owner    any
	released chan struct{} // closed when the claim is let go, for good
}

type claimKey struct{ cache, key string }

// Claims are those of all inputs that share their caches, or the file system.
type Claims struct {
	mu   sync.Mutex // guards held, never held while waiting
	held map[claimKey]weak.Pointer[Claim]
}

// NewClaims returns claims of which none is held.
func NewClaims() *Claims {
	return &Claims{held: make(map[claimKey]weak.Pointer[Claim])}
}

// Claim claims a key of a cache for an owner, a comparable value. It returns nil
// where another owner has it. Where this owner has it, the claim is one of whoever
// takes the owner's place, and has to be acquired.
//
// A claim is let go when it is released, or when nobody holds the *Claim any
// more: Benthos drops inputs without closing them where another component of a
// stream cannot be built.
func (c *Claims) Claim(owner any, cache, key string) *Claim {
	wanted := &Claim{in: c, key: claimKey{cache, key}, owner: owner, released: make(chan struct{})}
	holder := c.take(wanted)
	if holder != nil && holder.owner != owner {
		// It may be garbage that has not been collected yet.
		runtime.GC()
		holder = c.take(wanted)
	}
	if holder != nil && holder.owner != owner {
		return nil
	}
	return wanted
}

// take lets a claim be held, or returns who holds it: the claim itself where it was let
// go.
func (c *Claims) take(wanted *Claim) (holder *Claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if holder = c.held[wanted.key].Value(); holder != nil && holder != wanted {
		return holder
	}
	if wanted.isReleased() {
		return wanted
	}
	c.held[wanted.key] = weak.Make(wanted)
	return nil
}

// garbageInterval is how often it is looked whether a claim that is not released
// has become garbage.
const garbageInterval = time.Second

// Acquire waits until the claim is held, as it is already where nobody else had
// one.
func (c *Claim) Acquire(ctx context.Context) error {
	for {
		holder := c.in.take(c)
		if holder == nil {
			return nil
		}
		if holder == c {
			return errReleased
		}
		released := holder.released
		select {
		case <-released:
		case <-time.After(garbageInterval):
			runtime.GC()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Claim) isReleased() bool {
	select {
	case <-c.released:
		return true
	default:
		return false
	}
}

// Release lets the claim go, for good. It may be called more than once.
func (c *Claim) Release() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if !c.isReleased() {
		close(c.released)
	}
	if c.in.held[c.key].Value() == c {
		delete(c.in.held, c.key)
	}
}
