package plugin

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/redpanda-data/benthos/v4/public/service"
)

const (
	// writeInterval is the least time between two writes of the position: what
	// is acknowledged meanwhile goes into one.
	writeInterval = 250 * time.Millisecond

	// writeTimeout is how long one write may take before it counts as failed.
	writeTimeout = 10 * time.Second

	// gaugeInterval is how often the gauges follow the clock.
	gaugeInterval = 5 * time.Second
)

// writeBackoff is the wait after failed writes in a row.
var writeBackoff = backoff{initial: time.Second, max: 30 * time.Second}

// A keeper is the one writer of the stored position. It writes the newest safe
// position, however many have become safe since the last write, and keeps at
// it while the cache fails; delivery goes on meanwhile.
type keeper struct {
	store   *positionStore // nil = in memory only
	tracker *tracker
	metrics *metrics
	log     *service.Logger
	tracer  trace.Tracer

	startOnce sync.Once
	stop      chan struct{} // closed to ask for the end
	stopped   chan struct{} // closed at the end, or when there was no start

	mu     sync.Mutex // guards what follows, never held while writing
	began  position   // where reading began
	read   position   // newest that was read
	stored position   // newest that is stored, or safe where there is no store
}

func newKeeper(store *positionStore, tracker *tracker, metrics *metrics, log *service.Logger, tracer trace.Tracer) *keeper {
	return &keeper{
		store: store, tracker: tracker, metrics: metrics, log: log, tracer: tracer,
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// start begins the writing. loaded is what the store holds, at is where reading
// begins.
func (k *keeper) start(loaded, at position) {
	k.startOnce.Do(func() {
		k.stored, k.began = loaded, at
		k.noteRead(at)
		go k.run()
	})
}

// close writes what is safe and not stored yet, once, and ends the writing. It
// waits as long as ctx allows.
func (k *keeper) close(ctx context.Context) error {
	k.startOnce.Do(func() { close(k.stopped) })
	close(k.stop)
	select {
	case <-k.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// noteRead tells how far reading has come.
func (k *keeper) noteRead(p position) {
	k.mu.Lock()
	k.read = p
	k.mu.Unlock()
	k.setGauges()
}

// setGauges sets how far reading is behind the present, and storing behind
// reading.
func (k *keeper) setGauges() {
	k.mu.Lock()
	read, stored := k.read, k.stored
	if stored.isZero() {
		stored = k.began
	}
	k.mu.Unlock()
	k.metrics.lagSeconds.SetFloat64(max(0, time.Since(read.time()).Seconds()))
	k.metrics.uncommittedSeconds.SetFloat64(max(0, read.time().Sub(stored.time()).Seconds()))
}

func (k *keeper) run() {
	defer close(k.stopped)
	gauges := time.NewTicker(gaugeInterval)
	defer gauges.Stop()
	// changed is nil while a write has to wait; pause says when it need not.
	changed, failures := k.tracker.changed, 0
	pause := time.NewTimer(0)
	pause.Stop()
	defer pause.Stop()
	for {
		select {
		case <-changed:
			wait := writeInterval
			if k.write() {
				failures = 0
			} else {
				failures++
				wait = writeBackoff.delay(failures, 0)
				k.log.Warnf("The position is tried again in %s; delivery goes on, but a crash before it is stored repeats what was delivered since", wait)
				k.tracker.again()
			}
			changed = nil
			pause.Reset(wait)
		case <-pause.C:
			changed = k.tracker.changed
		case <-gauges.C:
			k.setGauges()
		case <-k.stop:
			if !k.write() {
				k.log.Warnf("The last position is not stored: what was delivered since the one before comes again")
			}
			return
		}
	}
}

// write stores the newest safe position unless it is stored already, and says
// whether it is now.
func (k *keeper) write() (stored bool) {
	safe := k.tracker.safePosition()
	k.mu.Lock()
	upToDate := safe == k.stored
	k.mu.Unlock()
	if safe.isZero() || upToDate {
		return true
	}
	if k.store != nil && !k.save(safe) {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stored = safe
	return true
}

func (k *keeper) save(p position) (saved bool) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	ctx, span := k.tracer.Start(ctx, inputName+".store_position")
	defer span.End()
	if err := k.store.save(ctx, p); err != nil {
		span.RecordError(err)
		span.SetStatus(codes.Error, err.Error())
		k.metrics.checkpointFailures.Incr(1)
		k.log.Errorf("%v", err)
		return false
	}
	k.metrics.checkpointWrites.Incr(1)
	return true
}
