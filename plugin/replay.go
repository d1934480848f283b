package plugin

import (
	"hash/maphash"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

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

// fresh returns the detections that are not remembered, and remembers them, so
// they have to be handed on. It writes to detections. A detection without an id
// cannot be recognised and is always fresh.
func (f *replayFilter) fresh(detections []stream.Detection) []stream.Detection {
	if f.window == 0 {
		return detections
	}
	fresh := detections[:0]
	for _, d := range detections {
		if d.ID == "" || f.remember(replayKey{maphash.String(f.seed, d.ID), maphash.Bytes(f.seed, d.Raw)}) {
			fresh = append(fresh, d)
		}
	}
	return fresh
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
