package position

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"weak"
)

// A Claim is an exclusive right to the position under a key of a cache. Two
// inputs that share one would each overwrite what the other needs to resume, and
// nobody would notice before detections are missing.
type Claim struct {
	in       *Claims
	key      claimKey
	owner    any
	begun    bool          // Acquire was called; guarded by in.mu
	released chan struct{} // closed when the claim is let go, for good
}

type claimKey struct{ cache, key string }

// Claims are those of all inputs that share their caches, or the file system.
type Claims struct {
	mu sync.Mutex // guards queues, never held while waiting
	// queues are the claims of each key that are not released, in the order in which
	// they were made. Benthos drops inputs without closing them where another component
	// of a stream cannot be built: those disappear as garbage.
	queues map[claimKey][]weak.Pointer[Claim]
}

// NewClaims returns claims of which none is held.
func NewClaims() *Claims {
	return &Claims{queues: make(map[claimKey][]weak.Pointer[Claim])}
}

var (
	// ErrTaken means that another owner has a claim.
	ErrTaken = errors.New("the position is claimed by another input")
	// ErrCopied means that the same owner has a claim that has not been acquired yet: it
	// is made twice, which is not taking its own place.
	ErrCopied = errors.New("the position is claimed by a copy of the input")
)

// Claim claims a key of a cache for an owner, a comparable value. It returns
// [ErrTaken] where another owner has it. Where this owner has it and has acquired it, the
// claim is one of whoever takes the owner's place, which waits in Acquire; where it has
// not, Claim returns [ErrCopied].
//
// A claim ends when it is released, or when nobody holds the *Claim any more and it was
// never acquired.
func (c *Claims) Claim(owner any, cache, key string) (*Claim, error) {
	wanted := &Claim{in: c, key: claimKey{cache, key}, owner: owner, released: make(chan struct{})}
	err := c.enqueue(wanted)
	if err != nil {
		// What is in the way may be garbage that has not been collected yet.
		runtime.GC()
		err = c.enqueue(wanted)
	}
	if err != nil {
		return nil, err
	}
	return wanted, nil
}

func (c *Claims) enqueue(wanted *Claim) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := slices.DeleteFunc(c.queues[wanted.key], func(p weak.Pointer[Claim]) bool { return p.Value() == nil })
	c.queues[wanted.key] = queue
	for _, p := range queue {
		switch other := p.Value(); {
		case other == nil:
		case other.owner != wanted.owner:
			return ErrTaken
		case !other.begun:
			return ErrCopied
		}
	}
	c.queues[wanted.key] = append(queue, weak.Make(wanted))
	return nil
}

// Acquire waits until the claim is held: until those before it are released.
func (c *Claim) Acquire(ctx context.Context) error {
	for {
		before, err := c.before()
		if before == nil || err != nil {
			return err
		}
		select {
		case <-before:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// before is closed when the next claim before c is released, and nil where there is none.
func (c *Claim) before() (<-chan struct{}, error) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.begun = true
	for _, p := range c.in.queues[c.key] {
		switch other := p.Value(); {
		case other == c:
			return nil, nil
		case other != nil:
			return other.released, nil
		}
	}
	return nil, ErrReleased
}

// Release lets the claim go, for good. It may be called more than once.
func (c *Claim) Release() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	queue := c.in.queues[c.key]
	i := slices.Index(queue, weak.Make(c))
	if i < 0 {
		return
	}
	close(c.released)
	if queue = slices.Delete(queue, i, i+1); len(queue) == 0 {
		delete(c.in.queues, c.key)
		return
	}
	c.in.queues[c.key] = queue
}
