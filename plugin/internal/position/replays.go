package position

import "hash/maphash"

// Replays remember the last so many detections that were handed on. After a reconnection the server sends again what came after the
// last position; what is remembered is already delivered or still tracked.
//
// A detection is the same if its id and its bytes are: one that changed under
// the same id is news. Both are kept as hashes, so that what is remembered has
// the same size whatever the server sends.
type Replays struct {
	window int
	seed   maphash.Seed
	seen   map[replayKey]struct{}
	order  []replayKey // a ring once it is full, the oldest at next
	next   int
}

type replayKey struct{ id, content uint64 }

// NewReplays remembers window detections, none for 0.
func NewReplays(window int) *Replays {
	return &Replays{window: window, seed: maphash.MakeSeed(), seen: make(map[replayKey]struct{})}
}

// IsNew says whether a detection is not remembered, and remembers it, so it has
// to be handed on. One without an id cannot be recognised and is always new.
func (r *Replays) IsNew(id string, raw []byte) bool {
	return r.window == 0 || id == "" || r.remember(replayKey{maphash.String(r.seed, id), maphash.Bytes(r.seed, raw)})
}

// remember notes a key, the oldest is forgotten for it where there is no room,
// and says whether it was new.
func (r *Replays) remember(key replayKey) (isNew bool) {
	if _, found := r.seen[key]; found {
		return false
	}
	r.seen[key] = struct{}{}
	if len(r.order) < r.window {
		r.order = append(r.order, key)
		return true
	}
	delete(r.seen, r.order[r.next])
	r.order[r.next] = key
	r.next = (r.next + 1) % r.window
	return true
}
