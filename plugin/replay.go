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
// the same id is news.
type replayFilter struct {
	seed  maphash.Seed
	seen  map[replayKey]struct{}
	order []replayKey // a ring, the oldest at next once it is full
	next  int
}

type replayKey struct {
	id   string
	hash uint64
}

// newReplayFilter remembers window detections, none for 0.
func newReplayFilter(window int) *replayFilter {
	return &replayFilter{
		seed:  maphash.MakeSeed(),
		seen:  make(map[replayKey]struct{}),
		order: make([]replayKey, window),
	}
}

// fresh returns the detections that are not remembered, and remembers them, so
// they have to be handed on. It writes to detections. A detection without an id
// cannot be recognised and is always fresh.
func (f *replayFilter) fresh(detections []stream.Detection) []stream.Detection {
	if len(f.order) == 0 {
		return detections
	}
	fresh := detections[:0]
	for _, d := range detections {
		if d.ID == "" || f.remember(replayKey{id: d.ID, hash: maphash.Bytes(f.seed, d.Raw)}) {
			fresh = append(fresh, d)
		}
	}
	return fresh
}

// remember forgets the oldest key for a new one, and says whether it was new.
func (f *replayFilter) remember(key replayKey) (isNew bool) {
	if _, found := f.seen[key]; found {
		return false
	}
	delete(f.seen, f.order[f.next])
	f.order[f.next] = key
	f.seen[key] = struct{}{}
	f.next = (f.next + 1) % len(f.order)
	return true
}
