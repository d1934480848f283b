package plugin

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/redpanda-data/benthos/v4/public/service"
)

const (
	// writeInterval is the least time between two writes of the position: what
	// is acknowledged meanwhile goes into one.
	writeInterval = 250 * time.Millisecond

	// writeTimeout is how long one write may take before it counts as failed.
	writeTimeout = 10 * time.Second

	// tickInterval is how often the gauges follow the clock.
	tickInterval = 5 * time.Second

	// gaugeInterval is the least time between two settings of the gauges while
	// positions are read: a backlog has thousands of them a second.
	gaugeInterval = 100 * time.Millisecond
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
	samples *samples

	progress progress

	startOnce sync.Once
	stop      chan struct{} // closed to ask for the end
	stopped   chan struct{} // closed at the end, or when there was no start
	moved     chan struct{} // holds a token while the gauges have to be set again

	mu     sync.Mutex // guards what follows, never held while writing
	began  position   // where reading began
	read   position   // newest that was read
	stored position   // newest that is stored, or safe where there is no store
	gauged time.Time  // when the gauges were set
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
	now := time.Now()
	k.mu.Lock()
	k.read = p
	due := now.Sub(k.gauged) >= gaugeInterval
	k.mu.Unlock()
	k.progress.moved(now, p.time())
	if due {
		k.setGauges(now)
		return
	}
	select {
	case k.moved <- struct{}{}:
	default:
	}
}

// noteSkipped tells that reading goes on later than it was.
func (k *keeper) noteSkipped(p position) {
	k.progress.jumped(time.Now(), p.time())
	k.noteRead(p)
}

// tick does what follows the clock.
func (k *keeper) tick(now time.Time) {
	k.setGauges(now)
	if line := k.progress.line(now); line != "" {
		k.log.Infof("%s", line)
	}
	k.samples.each(func(s *sample) { s.tick(now) })
}

// setGauges sets how far reading is behind the present, and storing behind
// reading.
func (k *keeper) setGauges(now time.Time) {
	k.mu.Lock()
	k.gauged = now
	read, stored := k.read, k.stored
	if stored.isZero() {
		stored = k.began
	}
	k.mu.Unlock()
	k.metrics.lagSeconds.SetFloat64(max(0, now.Sub(read.time()).Seconds()))
	k.metrics.uncommittedSeconds.SetFloat64(max(0, read.time().Sub(stored.time()).Seconds()))
}

func (k *keeper) run() {
	defer close(k.stopped)
	clock := time.NewTicker(tickInterval)
	defer clock.Stop()
	// changed is nil while a write has to wait; pause says when it need not.
	changed, outage := k.tracker.changed, cacheOutage{log: k.log}
	pause := stoppedTimer()
	defer pause.Stop()
	// The same for the gauges.
	moved, settle := k.moved, stoppedTimer()
	defer settle.Stop()
	for {
		select {
		case <-changed:
			wait := writeInterval
			if err := k.write(); err != nil {
				wait = outage.failed(time.Now(), err)
				k.tracker.again()
			} else {
				outage.ended(time.Now())
			}
			changed = nil
			pause.Reset(wait)
		case <-pause.C:
			changed = k.tracker.changed
		case <-moved:
			moved = nil
			settle.Reset(gaugeInterval)
		case <-settle.C:
			k.setGauges(time.Now())
			moved = k.moved
		case <-clock.C:
			k.tick(time.Now())
		case <-k.stop:
			if err := k.write(); err != nil {
				k.log.Errorf("%v; the last position is not stored, so what was delivered since the one before comes again", err)
			}
			return
		}
	}
}

func stoppedTimer() *time.Timer {
	timer := time.NewTimer(0)
	timer.Stop()
	return timer
}

// write stores the newest safe position unless it is stored already.
func (k *keeper) write() error {
	safe := k.tracker.safePosition()
	k.mu.Lock()
	upToDate := safe == k.stored
	k.mu.Unlock()
	if safe.isZero() || upToDate {
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

func (k *keeper) save(p position) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	ctx, span := k.startStoring(ctx, p)
	defer func() { endSpan(span, err) }()
	if err := k.store.save(ctx, p); err != nil {
		k.metrics.checkpointFailures.Incr(1)
		return err
	}
	k.metrics.checkpointWrites.Incr(1)
	return nil
}

// A cacheOutage is the time in which the position cannot be stored, told of in
// the log: why and for how long.
type cacheOutage struct {
	log      *service.Logger
	failures int
	since    time.Time
}

// failed notes a failure, and returns how long to wait.
func (o *cacheOutage) failed(now time.Time, err error) (wait time.Duration) {
	if o.failures == 0 {
		o.since = now
	}
	o.failures++
	wait = writeBackoff.delay(o.failures, 0)
	consequence := ""
	if o.failures == 1 {
		consequence = "; delivery goes on, but a crash before it is stored repeats what was delivered since"
	}
	o.log.Errorf("%v; failure %d in a row, the next attempt is in %s%s", err, o.failures, wait, consequence)
	return wait
}

// ended notes that it can be stored.
func (o *cacheOutage) ended(now time.Time) {
	if o.failures > 0 {
		o.log.Infof("The position is stored again after %s", failuresIn(o.failures, now.Sub(o.since)))
	}
	o.failures = 0
}
