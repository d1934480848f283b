package position

import "hash/maphash"

// Replays remember the last so many detections that were handed on. After a
// reconnection the server sends again what came after the last position; what is
// remembered is already delivered or still tracked.
//
// A detection is the same if its id and its bytes are: one that changed under
// the same id is news. Both are kept as hashes, so that what is remembered has
// the same size whatever the server sends.
type Replays struct {
	window int // how many of the last are dropped when they come again
	seed   maphash.Seed
	seen   map[replayKey]uint64 // when each came, counted in detections
	order  []replayKey          // a ring once it is full
	count  uint64               // of detections that were remembered
}

type replayKey struct{ id, content uint64 }

// leastRemembered is how many are remembered although fewer are dropped: whether
// a stream brings anything new is asked of those, too. A batch has no more.
const leastRemembered = 10000

// NewReplays drops what comes again among the last window detections, nothing for
// 0.
func NewReplays(window int) *Replays {
	return &Replays{window: window, seed: maphash.MakeSeed(), seen: make(map[replayKey]uint64)}
}

// Look says whether a detection is a repeat, which is not to be handed on, and
// whether it is new: seen for the first time, as far as is remembered. One that is
// neither comes again, but not to be recognised for sure: it has no id, or is older
// than the window.
func (r *Replays) Look(id string, raw []byte) (repeat, isNew bool) {
	key := replayKey{maphash.String(r.seed, id), maphash.Bytes(r.seed, raw)}
	at, found := r.seen[key]
	if found && id != "" && r.count-at <= uint64(r.window) { //nolint:gosec // A window is not negative.
		return true, false
	}
	r.remember(key)
	return false, !found
}

// remember notes a key as the last one. The oldest is forgotten for it where there
// is no room.
func (r *Replays) remember(key replayKey) {
	if size := max(r.window, leastRemembered); len(r.order) < size {
		r.order = append(r.order, key)
	} else {
		slot := &r.order[r.count%uint64(size)]
		if oldest := r.count - uint64(size); r.seen[*slot] == oldest {
			delete(r.seen, *slot)
		}
		*slot = key
	}
	r.seen[key] = r.count
	r.count++
}
