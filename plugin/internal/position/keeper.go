package position

import (
	"context"
	"sync"
	"time"
)

const (
	// writeInterval is the least time between two writes of the position: what
	// is acknowledged meanwhile goes into one.
	writeInterval = 250 * time.Millisecond

	// writeTimeout is how long one write may take before it counts as failed.
	writeTimeout = 10 * time.Second
)

// A Reporter is told what becomes of storing positions. Its methods are called
// by one goroutine.
type Reporter interface {
	// Storing is called before p is written, with the context that it returns.
	// Done is called with what came of it.
	Storing(ctx context.Context, p Position) (_ context.Context, done func(error))
	// Foreign is told of a position that another process has stored under the same
	// key, before it is replaced.
	Foreign(now time.Time, p Position)
	// Failed is told of a write that failed, and says how long to wait before the
	// next one.
	Failed(now time.Time, err error) (wait time.Duration)
	// Works is told after any look at the store that did not fail.
	Works(now time.Time)
	// Abandoned is told that the last position of all was not stored.
	Abandoned(err error)
}

// A Keeper is the one writer of the stored position. It writes the newest safe
// position, however many have become safe since the last write, and keeps at it
// while the cache fails.
type Keeper struct {
	store   *Store // nil = in memory only
	tracker *Tracker
	report  Reporter

	startOnce sync.Once
	stop      chan struct{} // closed to ask for the end
	stopped   chan struct{} // closed at the end, or when there was no start

	mu     sync.Mutex // guards stored, never held while writing
	stored Position   // newest that is stored, or safe where there is no store
}

// NewKeeper returns a keeper that has not started. Without a store it only notes
// what is safe.
func NewKeeper(store *Store, tracker *Tracker, report Reporter) *Keeper {
	return &Keeper{store: store, tracker: tracker, report: report, stop: make(chan struct{}), stopped: make(chan struct{})}
}

// Start begins the writing, once. Loaded is what the store holds.
func (k *Keeper) Start(loaded Position) {
	k.startOnce.Do(func() {
		k.stored = loaded
		go k.run()
	})
}

// Close writes what is safe and not stored yet, once, and ends the writing. It
// waits as long as ctx allows.
func (k *Keeper) Close(ctx context.Context) error {
	k.startOnce.Do(func() { close(k.stopped) })
	close(k.stop)
	select {
	case <-k.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stored is the newest position that is stored, or safe where there is no store;
// zero where none is.
func (k *Keeper) Stored() Position {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stored
}

func (k *Keeper) run() {
	defer close(k.stopped)
	// changed is nil while a write has to wait; pause says when it need not.
	changed, pause := k.tracker.changed, time.NewTimer(0)
	pause.Stop()
	defer pause.Stop()
	for {
		select {
		case <-changed:
			wait := writeInterval
			if err := k.write(); err != nil {
				wait = k.report.Failed(time.Now(), err)
				k.tracker.again()
			} else {
				k.report.Works(time.Now())
			}
			changed = nil
			pause.Reset(wait)
		case <-pause.C:
			changed = k.tracker.changed
		case <-k.stop:
			if err := k.write(); err != nil {
				k.report.Abandoned(err)
			}
			return
		}
	}
}

// write stores the newest safe position unless it is stored already.
func (k *Keeper) write() error {
	safe := k.tracker.Safe()
	if safe.IsZero() || safe == k.Stored() {
		return nil
	}
	if k.store != nil {
		if err := k.save(safe); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stored = safe
	return nil
}

func (k *Keeper) save(p Position) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if foreign := k.store.Foreign(ctx); !foreign.IsZero() {
		k.report.Foreign(time.Now(), foreign)
	}
	ctx, done := k.report.Storing(ctx, p)
	err := k.store.Save(ctx, p)
	done(err)
	return err
}
