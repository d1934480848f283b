package input

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/journal"
)

// redeliveryBackoff is the wait before a message batch that was rejected is
// handed out again, after so many rejections.
var redeliveryBackoff = backoff{initial: 10 * time.Millisecond, max: time.Second}

// A redeliverer is what auto_replay_nacks stands for: it hands out again what
// was rejected, until all of it is delivered. Reading goes on meanwhile, and
// when that has ended, so does the redelivery of what is left.
//
// It stands in for service.AutoRetryNacksBatched, which replays of a batch only
// the messages that an error blames. Whom to blame is lost on the way, though:
// processors that drop, split or regroup messages hand their marks on by
// position, messages made of one another share a mark, and a part of a batch
// that is rejected once more is looked up in the whole. Then the wrong messages
// are replayed, and those that were rejected pass for delivered.
//
// So a batch comes again as a whole where all of it was rejected, and in two
// halves, each on its own, where part of it was. A message that is always
// rejected is thus alone after a few rounds and does not hold up the others. Many
// errors blame no message, as behind an output's batching or from a host of RPC
// plugins: so what was rejected as a whole some times in a row is halved, too (see
// impatient).
type redeliverer struct {
	in      service.BatchInput
	flight  *journal.Flight
	ctx     context.Context //nolint:containedctx // Of the reading ahead, which outlives calls.
	endRead context.CancelFunc
	start   sync.Once     // of the reading ahead
	wanted  chan struct{} // one for every batch to be read ahead; closed at the end

	mu        sync.Mutex // guards what follows, never held while waiting
	changed   chan struct{}
	rejected  []*delivery // in the order of their rejection
	settled   int         // how many deliveries there were so far
	unsettled int         // handed out and not delivered, the rejected ones included
	reading   bool        // what is wanted is being read
	ahead     *readAhead  // what reading ahead came to, nil when that was taken
	ended     bool
	closed    bool
}

// A delivery is a message batch, or a part of one.
type delivery struct {
	batch      service.MessageBatch
	whole      *wholeBatch
	rejections int
	due        time.Time

	halved    int  // how many rejections there were when it was halved last
	settledBy int  // how many deliveries there had been then
	later     bool // it does not begin with the batch's first message
}

// wholeRejections is how many rejections in a row a whole batch may get before it is
// halved: an output that fails once is tried again with the same batch.
const wholeRejections = 2

// A wholeBatch is a message batch as it was read, to be acknowledged when every
// part of it is delivered.
type wholeBatch struct {
	ack      service.AckFunc
	parts    int                // not delivered yet
	patience int                // rejections in a row before a later part is halved while nothing is delivered
	settled  func(messages int) // nil before it is handed out first
}

type readAhead struct {
	delivery *delivery
	err      error
}

func newRedeliverer(in service.BatchInput, flight *journal.Flight) *redeliverer {
	r := &redeliverer{in: in, flight: flight, wanted: make(chan struct{}, 1), changed: make(chan struct{})}
	r.ctx, r.endRead = context.WithCancel(context.Background())
	return r
}

// Connect implements service.BatchInput.
func (r *redeliverer) Connect(ctx context.Context) error {
	err := r.in.Connect(ctx)
	if !errors.Is(err, service.ErrEndOfInput) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.unsettled > 0 {
		// Benthos has to go on reading, for what may be rejected yet.
		return nil
	}
	return err
}

// ReadBatch implements service.BatchInput.
func (r *redeliverer) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	for {
		r.mu.Lock()
		next, wait, err := r.next(time.Now())
		changed := r.changed
		r.mu.Unlock()
		switch {
		case err != nil:
			return nil, nil, err
		case next != nil:
			batch, ack := r.handOut(next)
			return batch, ack, nil
		}
		if err := waitFor(ctx, changed, wait); err != nil {
			return nil, nil, err
		}
	}
}

// Close implements service.BatchInput.
func (r *redeliverer) Close(ctx context.Context) error {
	r.endRead()
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.wanted)
	}
	r.mu.Unlock()
	return r.in.Close(ctx)
}

// next is what to hand out at now, rejected batches first; or how long until
// there is one if nothing changes, 0 indefinitely. It is called with mu held.
func (r *redeliverer) next(now time.Time) (next *delivery, wait time.Duration, err error) {
	for i, d := range r.rejected {
		if !d.due.After(now) {
			r.rejected = slices.Delete(r.rejected, i, i+1)
			return d, 0, nil
		}
		if left := d.due.Sub(now); wait == 0 || left < wait {
			wait = left
		}
	}
	if ahead := r.ahead; ahead != nil {
		r.ahead = nil
		if ahead.err == nil {
			r.unsettled++
			return ahead.delivery, 0, nil
		}
		if !errors.Is(ahead.err, service.ErrEndOfInput) {
			return nil, 0, ahead.err
		}
		r.ended = true
	}
	switch {
	case r.ended && r.unsettled == 0:
		return nil, 0, service.ErrEndOfInput
	case r.closed && !r.reading:
		return nil, 0, service.ErrNotConnected
	case !r.ended && !r.reading:
		r.start.Do(func() { go r.readAhead() })
		r.reading = true
		r.wanted <- struct{}{} // never waits: only one batch is read at a time
	}
	return nil, wait, nil
}

// readAhead reads a batch whenever one is wanted. It is one goroutine for all of
// them, since a new one would have to grow its stack for each.
func (r *redeliverer) readAhead() {
	for range r.wanted {
		batch, ack, err := r.in.ReadBatch(r.ctx)
		r.mu.Lock()
		r.reading = false
		r.ahead = &readAhead{&delivery{batch: batch, whole: &wholeBatch{ack: ack, parts: 1, patience: wholeRejections}, settledBy: r.settled}, err}
		r.signal()
		r.mu.Unlock()
	}
}

// handOut returns a copy of the batch, which a pipeline may change, and what to
// call once it is known what became of it.
func (r *redeliverer) handOut(d *delivery) (service.MessageBatch, service.AckFunc) {
	if d.whole.settled == nil {
		d.whole.settled = r.flight.HandOver(time.Now(), len(d.batch))
	}
	var once sync.Once
	return d.batch.Copy(), func(ctx context.Context, err error) (ackErr error) {
		once.Do(func() {
			if err != nil {
				r.reject(d, err)
				return
			}
			ackErr = r.settle(ctx, d)
		})
		return ackErr
	}
}

// settle notes that a part is delivered, and acknowledges its batch with the
// last one.
func (r *redeliverer) settle(ctx context.Context, d *delivery) (err error) {
	d.whole.settled(len(d.batch))
	r.mu.Lock()
	d.whole.parts--
	complete := d.whole.parts == 0
	r.mu.Unlock()
	if complete {
		err = d.whole.ack(ctx, nil)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsettled--
	r.settled++
	r.signal()
	return err
}

func (r *redeliverer) reject(d *delivery, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d.rejections++
	d.due = time.Now().Add(redeliveryBackoff.delay(d.rejections, 0))
	r.rejected = append(r.rejected, d)
	if len(d.batch) > 1 && (isPartial(err, len(d.batch)) || r.impatient(d)) {
		r.rejected = append(r.rejected, r.halve(d))
	}
	r.signal()
}

// impatient reports whether d was rejected as a whole often enough to be halved. It
// is called with mu held.
//
// If anything was delivered since d was halved last, the output works and a message
// of d is bad: d is halved at each rejection. If nothing was, the output may be down as
// well, and an outage of an hour must not leave single messages behind. Then only the
// first part of a batch is halved at each rejection, down to its first message. With
// that, a batch of n messages is in log n parts, and unless each of them has a bad
// message, the next delivery shows that the output works. In case each has one, the
// later parts are halved, too, but the patience with them quadruples each time.
func (r *redeliverer) impatient(d *delivery) bool {
	inARow := d.rejections - d.halved
	switch {
	case d.halved == 0:
		return inARow >= wholeRejections
	case r.settled > d.settledBy, !d.later:
		return true
	case inARow < d.whole.patience:
		return false
	}
	d.whole.patience *= 4
	return true
}

// halve makes d its first half, and returns the other one. It is called with mu
// held.
func (r *redeliverer) halve(d *delivery) (rest *delivery) {
	d.halved, d.settledBy = d.rejections, r.settled
	other := *d
	other.later = true
	middle := len(d.batch) / 2
	d.batch, other.batch = d.batch[:middle], d.batch[middle:]
	d.whole.parts++
	r.unsettled++
	return &other
}

// isPartial says whether err is about some of n messages only. Which ones it
// says as well, but not reliably.
func isPartial(err error, n int) bool {
	var partly *service.BatchError
	return errors.As(err, &partly) && partly.IndexedErrors() > 0 && partly.IndexedErrors() < n
}

// signal is called with mu held.
func (r *redeliverer) signal() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// waitFor waits for a change, or for d if that is not 0.
func waitFor(ctx context.Context, changed <-chan struct{}, d time.Duration) error {
	var due <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-changed:
	case <-due:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
