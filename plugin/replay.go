package plugin

import "hash/maphash"

// A replayFilter remembers the last so many detections that were handed to the
// pipeline. After a reconnection the server sends again what came after the
// last position; what is remembered is already delivered or still tracked.
//
// A detection is the same if its id and its bytes are: one that changed under
// the same id is news. Both are kept as hashes, so that what is remembered has
// the same size whatever the server sends.
type replayFilter struct {
	window int
	seed   maphash.Seed
	seen   map[replayKey]struct{}
	order  []replayKey // a ring once it is full, the oldest at next
	next   int
}

type replayKey struct{ id, content uint64 }

// newReplayFilter remembers window detections, none for 0.
func newReplayFilter(window int) *replayFilter {
	return &replayFilter{window: window, seed: maphash.MakeSeed(), seen: make(map[replayKey]struct{})}
}

// isNew says whether a detection is not remembered, and remembers it, so it has
// to be handed on. One without an id cannot be recognised and is always new.
func (f *replayFilter) isNew(id string, raw []byte) bool {
	return f.window == 0 || id == "" || f.remember(replayKey{maphash.String(f.seed, id), maphash.Bytes(f.seed, raw)})
}

// remember notes a key, the oldest is forgotten for it where there is no room,
// and says whether it was new.
func (f *replayFilter) remember(key replayKey) (isNew bool) {
	if _, found := f.seen[key]; found {
		return false
	}
	f.seen[key] = struct{}{}
	if len(f.order) < f.window {
		f.order = append(f.order, key)
		return true
	}
	delete(f.seen, f.order[f.next])
	f.order[f.next] = key
	f.next = (f.next + 1) % f.window
	return true
}
