// Package version numbers the versions of a detection, so that a destination which
// compares numbers keeps the newest one, in whatever order they arrive.
//
// A version is the time of the last change in milliseconds, times 1000, plus a counter
// that tells versions of the same millisecond apart in the order received. The counter
// depends on what was received before, so whoever numbers a detection keeps its number
// with it until it is delivered.
//
// It must not know where detections come from or go to.
package version

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// Remembered is how many versions Numbers remembers at least: as many as the input
// remembers to recognize repeats, and more than there are in flight.
const Remembered = 30_000

// counters is how many versions of one millisecond have numbers of their own. The
// later ones share the last number.
const counters = 1000

// Numbers assigns version numbers. The same bytes get the same number again for as
// long as they are remembered, so a retry or a replay of a version is that version.
// It is safe for concurrent use.
type Numbers struct {
	seed  maphash.Seed
	limit int // of versions in recent

	mu sync.Mutex // guards what follows
	// recent and older have the hashes of all versions of a detection's time, in the
	// order received. They are remembered and forgotten together: a version that is
	// forgotten alone would be numbered after its successors when it comes again.
	recent, older map[uint64][]uint64
	n             int // versions in recent
}

// New returns Numbers that remember the last limit versions, and up to twice as many.
func New(limit int) *Numbers {
	return &Numbers{seed: maphash.MakeSeed(), limit: limit, recent: make(map[uint64][]uint64)}
}

// Of returns the number of a version of the detection with this id. A detection
// without an id has no other versions.
func (n *Numbers) Of(id string, raw []byte) int64 {
	// The zero time, of a detection without any, comes before 1970.
	number := max(stream.ChangedAt(raw).UnixMilli(), 0) * counters
	if id == "" {
		return number
	}
	return number + n.counter(n.key(id, number), maphash.Bytes(n.seed, raw))
}

// key identifies the versions of a detection that have the same time.
func (n *Numbers) key(id string, number int64) uint64 {
	var hash maphash.Hash
	hash.SetSeed(n.seed)
	var at [8]byte
	binary.LittleEndian.PutUint64(at[:], uint64(number)) //nolint:gosec // It is not negative, and any bits do.
	_, _ = hash.Write(at[:])                             // never fails
	_, _ = hash.WriteString(id)                          // never fails
	return hash.Sum64()
}

// counter is the place of a version among those of its key.
func (n *Numbers) counter(key, version uint64) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	versions, found := n.recent[key]
	if !found {
		versions = n.older[key]
		n.n += len(versions)
	}
	at := slices.Index(versions, version)
	if at < 0 {
		at = min(len(versions), counters-1)
		if len(versions) < counters {
			versions = append(versions, version)
			n.n++
		}
	}
	n.recent[key] = versions
	if n.n >= n.limit {
		n.recent, n.older, n.n = make(map[uint64][]uint64), n.recent, 0
	}
	return int64(at)
}
