package plugin

import (
	"fmt"
	"runtime"
	"sync"
	"weak"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// A claim is an input's exclusive right to the position under a key of a
// cache. Two inputs that share one would each overwrite what the other needs
// to resume, and nobody would notice before detections are missing.
type claim struct {
	in  *claims
	key claimKey
}

type claimKey struct{ cache, key string }

// claims are those of all inputs that have their resources in common, which is
// all of a process but for programs that embed several streams.
type claims struct {
	mu   sync.Mutex // guards held
	held map[claimKey]weak.Pointer[claim]
}

// claimsID is what the resources know the claims by.
type claimsID struct{}

// claimPosition takes the claim or says who has it. A claim is let go when it
// is released, or when nobody holds the *claim any more: Benthos drops inputs
// without closing them where another component of a stream cannot be built.
func claimPosition(res *service.Resources, cache, key string) (*claim, error) {
	value, _ := res.GetOrSetGeneric(claimsID{}, &claims{held: make(map[claimKey]weak.Pointer[claim])})
	all := value.(*claims)
	wanted := &claim{in: all, key: claimKey{cache, key}}
	if all.take(wanted) {
		return wanted, nil
	}
	// The holder may be garbage that has not been collected yet.
	runtime.GC()
	if all.take(wanted) {
		return wanted, nil
	}
	return nil, fmt.Errorf("field %s: got %q, which another %s input stores its position under in the cache %s; want a key of its own",
		fieldCheckpointCacheKey, key, inputName, cache)
}

func (c *claims) take(wanted *claim) (taken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[wanted.key].Value() != nil {
		return false
	}
	c.held[wanted.key] = weak.Make(wanted)
	return true
}

// release may be called more than once.
func (c *claim) release() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if c.in.held[c.key].Value() == c {
		delete(c.in.held, c.key)
	}
}
