package chronicletest

import (
	"encoding/json"
	"sort"
	"sync"
	"time"
)

// The history is everything that streams serve, in order. Four properties make
// a resumption exact:
//
//   - The times of entries never decrease, so a stream that resumes finds its
//     place by search.
//   - A batch of n detections owns the n microseconds that end at its time: the
//     position after its k-th detection is its time less n-k microseconds.
//     A batch can therefore be served in parts of any size, to each stream in
//     parts of its own, and resumed from any of them.
//   - A position that was given out is passed for good: what is appended later
//     comes after it.
//   - Entries never change once appended, so that what a stream serves is read
//     outside the lock, and all streams write the same bytes.

// positionStep is the distance between the positions of two detections of one
// batch, and the resolution of a continuation time.
const positionStep = time.Microsecond

// history is what was appended so far.
type history struct {
	mu      sync.Mutex // guards everything below
	entries []entry
	batches int           // how many of them are detection batches
	newest  time.Time     // the newest position; zero before the first
	changed chan struct{} // closed, and replaced, at each append
}

// entry is a detection batch, or an element to serve verbatim.
type entry struct {
	at     time.Time
	number int    // of a batch, from 1 on
	body   []byte // the detections joined by commas, or the verbatim element
	ends   []int  // where each detection ends in body; none for an empty batch
	raw    bool   // body is a whole element
}

// cursor is a place in the history: what was served of which entry.
type cursor struct {
	entry int // index of the next entry
	done  int // detections of it that were served before
}

// part is what becomes one element of a stream.
type part struct {
	before, at time.Time // the positions ahead of it and after it
	detections []byte    // joined by commas; nil for an empty batch
	count      int       // how many detections that are
	raw        []byte    // unless nil, the whole element, and no other field counts

	number int  // of the batch that it is of
	whole  bool // whether that ends with it
	newest bool // whether no batch follows that one yet
}

func newHistory() *history { return &history{changed: make(chan struct{})} }

// append adds a batch at t or, where that is taken, as soon after it as the
// batch's own positions leave room. It returns the batch's time.
func (h *history) append(t time.Time, detections []json.RawMessage) time.Time {
	e := joined(detections)

	h.mu.Lock()
	defer h.mu.Unlock()
	room := positionStep * time.Duration(max(len(detections), 1))
	if earliest := h.newest.Add(room); !h.newest.IsZero() && t.Before(earliest) {
		t = earliest
	}
	// Rounded up: a stream that began before t must not count t as passed.
	if cut := t.Truncate(positionStep); cut.Before(t) {
		t = cut.Add(positionStep)
	}
	e.at = t.Round(0).UTC()
	h.batches++
	e.number = h.batches
	h.push(e)
	return e.at
}

// appendRaw adds an element verbatim. It takes the time that it carries if a
// client could resume from it, else it shares the place of what precedes it.
func (h *history) appendRaw(now time.Time, element []byte) {
	at, ok := resumableTime(element)

	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case ok && at.After(h.newest):
	case !h.newest.IsZero():
		at = h.newest
	default:
		at = now
	}
	h.push(entry{at: at.Round(0).UTC(), body: append([]byte{}, element...), raw: true})
}

// push adds an entry that is not before the newest. The lock is held.
func (h *history) push(e entry) {
	h.entries = append(h.entries, e)
	h.newest = e.at
	close(h.changed)
	h.changed = make(chan struct{})
}

// joined renders detections once for all streams.
func joined(detections []json.RawMessage) entry {
	size := 0
	for _, d := range detections {
		size += len(d) + 1
	}
	e := entry{body: make([]byte, 0, size), ends: make([]int, 0, len(detections))}
	for i, d := range detections {
		if i > 0 {
			e.body = append(e.body, ',')
		}
		e.body = append(e.body, d...)
		e.ends = append(e.ends, len(e.body))
	}
	return e
}

// latest is the newest time given out so far, zero if none was.
func (h *history) latest() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest
}

// pass makes now a position if nothing follows c, and returns the newest there
// is. It says no if something follows.
func (h *history) pass(c cursor, now time.Time) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.entry < len(h.entries) {
		return time.Time{}, false
	}
	if now = now.Truncate(positionStep); now.After(h.newest) {
		h.newest = now.Round(0).UTC()
	}
	return h.newest, true
}

// end is the place after everything there is.
func (h *history) end() cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	return cursor{entry: len(h.entries)}
}

// after is the place after everything whose position is not after t.
func (h *history) after(t time.Time) cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := sort.Search(len(h.entries), func(i int) bool { return h.entries[i].at.After(t) })
	c := cursor{entry: i}
	if i < len(h.entries) {
		ahead := h.entries[i].at.Sub(t)
		left := int64((ahead + positionStep - 1) / positionStep)
		c.done = int(max(0, int64(len(h.entries[i].ends))-left))
	}
	return c
}

// next is what follows c, at most most detections of it, and the place after
// that. Where nothing follows yet, ok is false and changed tells of more.
func (h *history) next(c cursor, most int) (p part, after cursor, ok bool, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.entry >= len(h.entries) {
		return part{}, c, false, h.changed
	}
	e := h.entries[c.entry]
	if e.raw {
		return part{raw: e.body}, cursor{entry: c.entry + 1}, true, nil
	}
	p = part{at: e.at, number: e.number, newest: e.number == h.batches}
	if len(e.ends) == 0 {
		p.before, p.whole = e.at.Add(-positionStep), true
		return p, cursor{entry: c.entry + 1}, true, nil
	}
	from, to := c.done, min(c.done+most, len(e.ends))
	p.before, p.at, p.count = e.position(from), e.position(to), to-from
	start := 0
	if from > 0 {
		start = e.ends[from-1] + 1
	}
	p.detections = e.body[start:e.ends[to-1]]
	if to < len(e.ends) {
		return p, cursor{entry: c.entry, done: to}, true, nil
	}
	p.whole = true
	return p, cursor{entry: c.entry + 1}, true, nil
}

// position is the one after the first k detections of a batch.
func (e entry) position(k int) time.Time {
	return e.at.Add(-positionStep * time.Duration(len(e.ends)-k))
}
