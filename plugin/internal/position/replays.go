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
	drop  bool // what comes again
	size  int  // how many are remembered
	seed  maphash.Seed
	seen  map[replayKey]struct{}
	order []replayKey // a ring once it is full, the oldest at next
	next  int

	// ids are those of what is remembered, and how many have each. Only searches ask
	// by them, so there are some while one does, and none while a stream is read.
	ids map[uint64]int
}

type replayKey struct{ id, content uint64 }

// leastRemembered is how many are remembered at least: a position that waits has a
// reconnection reach back two detection batches, which have up to 10,000 each, and
// the third one may be under way.
const leastRemembered = 30_000

// NewReplays remembers window detections, or more, and drops what comes again; with
// 0 nothing is dropped.
func NewReplays(window int) *Replays {
	return &Replays{drop: window > 0, size: max(window, leastRemembered), seed: maphash.MakeSeed(), seen: make(map[replayKey]struct{})}
}

// Look says whether a detection is a repeat, which is not to be handed on, and
// whether it is new: seen for the first time, as far as is remembered. One that is
// neither comes again, but is handed on: it has no id to be recognised by, or repeats
// are not dropped.
func (r *Replays) Look(id string, raw []byte) (repeat, isNew bool) {
	r.ids = nil
	key := replayKey{maphash.String(r.seed, id), maphash.Bytes(r.seed, raw)}
	if _, found := r.seen[key]; found {
		return r.drop && id != "", false
	}
	r.remember(key)
	return false, true
}

// LookByID is Look for what a search has found: a detection is the same if its id is,
// since that its bytes are those of the stream is not promised.
func (r *Replays) LookByID(id string, raw []byte) (repeat, isNew bool) {
	if r.ids == nil {
		r.ids = make(map[uint64]int)
		for _, key := range r.order {
			r.ids[key.id]++
		}
	}
	key := replayKey{maphash.String(r.seed, id), maphash.Bytes(r.seed, raw)}
	if r.ids[key.id] > 0 && id != "" {
		return r.drop, false
	}
	if _, found := r.seen[key]; !found {
		r.remember(key)
	}
	return false, true
}

// remember notes a key as the last one. The oldest is forgotten for it where there
// is no room.
func (r *Replays) remember(key replayKey) {
	r.seen[key] = struct{}{}
	if r.ids != nil {
		r.ids[key.id]++
	}
	if len(r.order) < r.size {
		r.order = append(r.order, key)
		return
	}
	oldest := r.order[r.next]
	delete(r.seen, oldest)
	if r.ids != nil {
		if r.ids[oldest.id]--; r.ids[oldest.id] == 0 {
			delete(r.ids, oldest.id)
		}
	}
	r.order[r.next] = key
	r.next = (r.next + 1) % r.size
}
