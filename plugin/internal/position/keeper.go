package position

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	// writeInterval is the least time between two writes of the position: what
	// is acknowledged meanwhile goes into one.
	writeInterval = 250 * time.Millisecond

	// lookInterval is how often it is looked whether the position is still stored.
	lookInterval = 15 * time.Second

	// lookPatience is how long a write waits for a look that begins before it.
	lookPatience = time.Second

	// stopPatience is how long a stop waits for writes, half of it at most for one that
	// is under way and not the last one.
	stopPatience = 4 * time.Second
)

var errStop = errors.New("the process stops, and the write has not ended in time")

// A Reporter is told what becomes of storing positions. Its methods are called
// by one goroutine.
type Reporter interface {
	// Storing is called before p is written, with the context that it returns.
	// Done is called with what came of it.
	Storing(ctx context.Context, p Position) (_ context.Context, done func(error))
	// Found is called with what is not as it was stored, before it is replaced.
	Found(now time.Time, found Sight)
	// Blind is called when a look at what is stored has failed.
	Blind(now time.Time, err error)
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
// while the cache fails. It writes again what is no longer stored.
type Keeper struct {
	store   *Store // nil = in memory only
	tracker *Tracker
	report  Reporter

	startOnce sync.Once
	stop      chan struct{} // closed to ask for the end
	stopped   chan struct{} // closed at the end, or when there was no start
	stopping  time.Time     // when stop was closed

	// What the writer knows: looking receives what the look under way has found, nil
	// while there is none, and writes counts the writes so far.
	looking  chan look
	writes   int
	lookedAt int // writes when the look began

	mu     sync.Mutex // guards stored, never held while writing
	stored Position   // newest that is stored, or safe where there is no store
}

// A look is what a look at the store came to.
type look struct {
	found Sight
	err   error
}

// NewKeeper returns a keeper that has not started. Without a store it only notes
// what is safe.
func NewKeeper(store *Store, tracker *Tracker, report Reporter) *Keeper {
	return &Keeper{store: store, tracker: tracker, report: report, stop: make(chan struct{}), stopped: make(chan struct{})}
}

// First stores where reading begins, before Start.
func (k *Keeper) First(ctx context.Context, p Position) error {
	if k.store == nil {
		return nil
	}
	return k.save(ctx, p)
}

// Start begins the writing, once. Loaded is what the store holds.
func (k *Keeper) Start(loaded Position) {
	k.startOnce.Do(func() {
		k.stored = loaded
		go k.run()
	})
}

// Close writes what is safe, stored or not, once, and ends the writing. It waits as
// long as ctx allows.
func (k *Keeper) Close(ctx context.Context) error {
	k.startOnce.Do(func() { close(k.stopped) })
	k.stopping = time.Now()
	close(k.stop)
	select {
	case <-k.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Closed is closed when nothing is written any more.
func (k *Keeper) Closed() <-chan struct{} { return k.stopped }

// Stored is the newest position that is stored, or safe where there is no store;
// zero where none is.
func (k *Keeper) Stored() Position {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stored
}

func (k *Keeper) run() {
	defer close(k.stopped)
	running, end := context.WithCancelCause(context.Background())
	defer end(nil)
	go k.hurry(running, end)
	// changed is nil while a write has to wait; pause says when it need not.
	changed, pause := k.tracker.changed, time.NewTimer(0)
	pause.Stop()
	defer pause.Stop()
	again := time.NewTicker(lookInterval)
	defer again.Stop()
	missing := false // what was stored is not any more
	for {
		select {
		case <-changed:
			if k.store != nil && k.store.dir == nil && k.isDue() {
				k.look(running)
				missing = k.await(lookPatience) || missing
			}
			wait := writeInterval
			if err := k.write(running, missing); err != nil {
				wait = k.report.Failed(time.Now(), err)
				k.tracker.again()
			} else {
				missing = false
				k.report.Works(time.Now())
			}
			changed = nil
			pause.Reset(wait)
		case <-pause.C:
			changed = k.tracker.changed
		case <-again.C:
			k.look(running)
		case found := <-k.looking:
			if k.saw(found) {
				missing = true
				k.tracker.again()
			}
		case <-k.late():
			missing = true
			k.tracker.again()
		case <-k.stop:
			last, done := context.WithDeadlineCause(context.WithoutCancel(running), k.stopping.Add(stopPatience), errStop)
			defer done()
			if err := k.write(last, true); err != nil {
				k.report.Abandoned(err)
			}
			return
		}
	}
}

// hurry ends the write that is under way at a stop, unless it ends soon.
func (k *Keeper) hurry(running context.Context, end context.CancelCauseFunc) {
	select {
	case <-k.stop:
	case <-running.Done():
		return
	}
	patience := time.NewTimer(stopPatience / 2)
	defer patience.Stop()
	select {
	case <-patience.C:
		end(errStop)
	case <-running.Done():
	}
}

func (k *Keeper) late() <-chan struct{} {
	if k.store == nil {
		return nil
	}
	return k.store.late
}

// look begins a look at the store, unless one is under way.
func (k *Keeper) look(ctx context.Context) {
	if k.store == nil || k.looking != nil || k.Stored().IsZero() {
		return
	}
	k.looking, k.lookedAt = make(chan look, 1), k.writes
	go func(to chan<- look) {
		found, err := k.store.Look(ctx)
		to <- look{found, err}
	}(k.looking)
}

// await waits for a look that has just begun, and says whether what was stored is
// missing. A slow one does not hold up the writes behind it.
func (k *Keeper) await(patience time.Duration) (missing bool) {
	if k.looking == nil || k.lookedAt != k.writes {
		return false
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case found := <-k.looking:
		return k.saw(found)
	case <-timer.C:
	case <-k.stop:
	}
	return false
}

// saw takes in what a look has found, and says whether what was stored is missing. A
// value that is being replaced may look so.
func (k *Keeper) saw(found look) (missing bool) {
	k.looking = nil
	switch {
	case found.err != nil:
		k.report.Blind(time.Now(), found.err)
		return false
	case found.found.Missing && k.lookedAt != k.writes:
		return false
	case found.found != Sight{}:
		k.report.Found(time.Now(), found.found)
	}
	return found.found.Missing
}

// newest is the position to be stored, zero where there is none.
func (k *Keeper) newest() Position {
	if safe := k.tracker.Safe(); !safe.IsZero() {
		return safe
	}
	return k.Stored()
}

func (k *Keeper) isDue() bool { return k.newest() != k.Stored() }

// write stores the newest safe position unless it is stored already. With again it is
// stored whatever was stored before.
func (k *Keeper) write(ctx context.Context, again bool) error {
	newest := k.newest()
	if newest.IsZero() || !again && newest == k.Stored() {
		return nil
	}
	if k.store != nil {
		if err := k.save(ctx, newest); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stored = newest
	return nil
}

func (k *Keeper) save(ctx context.Context, p Position) error {
	k.writes++
	ctx, done := k.report.Storing(ctx, p)
	err := k.store.Save(ctx, p)
	done(err)
	return err
}
