package position

import (
	"runtime"
	"sync"
	"weak"
)

// A Claim is an exclusive right to the position under a key of a cache. Two
// inputs that share one would each overwrite what the other needs to resume, and
// nobody would notice before detections are missing.
type Claim struct {
	in  *Claims
	key claimKey
}

type claimKey struct{ cache, key string }

// Claims are those of all inputs that share their caches, which is all of a
// process but for programs that embed several streams.
type Claims struct {
	mu   sync.Mutex // guards held
	held map[claimKey]weak.Pointer[Claim]
}

// NewClaims returns claims of which none is taken.
func NewClaims() *Claims {
	return &Claims{held: make(map[claimKey]weak.Pointer[Claim])}
}

// Take takes the claim on a key of a cache, or returns nil where somebody has it.
// A claim is let go when it is released, or when nobody holds the *Claim any
// more: Benthos drops inputs without closing them where another component of a
// stream cannot be built.
func (c *Claims) Take(cache, key string) *Claim {
	wanted := &Claim{in: c, key: claimKey{cache, key}}
	if c.take(wanted) {
		return wanted
	}
	// The holder may be garbage that has not been collected yet.
	runtime.GC()
	if c.take(wanted) {
		return wanted
	}
	return nil
}

func (c *Claims) take(wanted *Claim) (taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[wanted.key].Value() != nil {
		return false
	}
	c.held[wanted.key] = weak.Make(wanted)
	return true
}

// Release lets the claim go. It may be called more than once.
func (c *Claim) Release() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if c.in.held[c.key].Value() == c {
		delete(c.in.held, c.key)
	}
}
