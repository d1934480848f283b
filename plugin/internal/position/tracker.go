package position

import (
	"context"
	"sync"

	"github.com/Jeffail/checkpoint"
)

// A Tracker knows which position is safe to store: the newest one with nothing
// unacknowledged before it. It outlives connections, so an old connection's
// messages hold back the positions of a new one.
type Tracker struct {
	limit    int64
	maxBytes int64 // 0 = no limit
	// changed holds a token while the safe position may be newer than the one
	// last looked at.
	changed chan struct{}

	// mu guards what follows. Releasing and noting the outcome are one step
	// under it: two acknowledgements at once would else leave the older
	// position behind. It is never held while waiting.
	mu      sync.Mutex
	pending *checkpoint.Uncapped[Position]
	bytes   int64 // of what is pending
	safe    Position
	room    chan struct{} // closed and replaced when messages are released
}

// NewTracker returns a tracker of at most limit messages in flight, limit ≥ 1,
// with at most maxBytes bytes, 0 meaning no limit.
func NewTracker(limit, maxBytes int) *Tracker {
	return &Tracker{
		limit:    int64(limit),
		maxBytes: int64(maxBytes),
		changed:  make(chan struct{}, 1),
		pending:  checkpoint.NewUncapped[Position](),
		room:     make(chan struct{}),
	}
}

// Begin makes p safe: nothing came before it.
func (t *Tracker) Begin(p Position) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.safe = p
	t.signal()
}

// Pass registers a position that comes without messages: it takes its turn
// behind what is in flight.
func (t *Tracker) Pass(p Position) {
	t.mu.Lock()
	resolve := t.pending.Track(p, 0)
	t.mu.Unlock()
	t.release(resolve, 0)
}

// Track registers messages of so many bytes, after which the position is p, and
// waits while there is too much in flight. The returned release may be called
// more than once.
//
// A message batch larger than a limit is let through alone, or it would never
// be.
func (t *Tracker) Track(ctx context.Context, p Position, messages, bytes int) (release func(), err error) {
	for {
		t.mu.Lock()
		if t.fits(int64(messages), int64(bytes)) {
			resolve := t.pending.Track(p, int64(messages))
			t.bytes += int64(bytes)
			t.mu.Unlock()
			return sync.OnceFunc(func() { t.release(resolve, int64(bytes)) }), nil
		}
		room := t.room
		t.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fits reports whether so much may be in flight as well. It is called with mu
// held.
func (t *Tracker) fits(messages, bytes int64) bool {
	inFlight := t.pending.Pending()
	return inFlight == 0 || inFlight+messages <= t.limit && (t.maxBytes == 0 || t.bytes+bytes <= t.maxBytes)
}

func (t *Tracker) release(resolve func() *Position, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes -= bytes
	close(t.room)
	t.room = make(chan struct{})
	if highest := resolve(); highest != nil && *highest != t.safe {
		t.safe = *highest
		t.signal()
	}
}

// signal is called with mu held.
func (t *Tracker) signal() {
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// Safe is the newest position that may be stored, zero if none is.
func (t *Tracker) Safe() Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.safe
}

// again asks for another look at the safe position.
func (t *Tracker) again() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.signal()
}
