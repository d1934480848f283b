package input

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/journal"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

// writeBackoff is the wait after failed writes of the position in a row.
var writeBackoff = backoff{initial: time.Second, max: 30 * time.Second}

// A storeReporter tells metrics, spans and the log what becomes of storing the
// position.
type storeReporter struct {
	store   *position.Store
	metrics *metrics
	log     *service.Logger
	tracer  trace.Tracer
	outage  journal.Outage

	// When the log was last told of another writer, of what is missing, and of a look
	// that failed.
	foreignTold, missingTold, blindTold time.Time
}

// foundInterval is how often the log is told of what keeps happening to what is stored.
const foundInterval = 10 * time.Minute

// isDue says whether the log is to be told again, and notes that it is.
func isDue(last *time.Time, now time.Time) bool {
	if !last.IsZero() && now.Sub(*last) < foundInterval {
		return false
	}
	*last = now
	return true
}

// Found implements position.Reporter.
func (r *storeReporter) Found(now time.Time, found position.Sight) {
	if found.Missing && isDue(&r.missingTold, now) {
		r.log.Warnf("The position that was stored under key %q of %s is missing or not whole; it is stored again. What is stored must not be deleted, and a cache must not forget it", r.store.Key(), r.store.Label())
	}
	if found.Foreign.IsZero() {
		return
	}
	r.metrics.foreignPositions.Incr(1)
	if !isDue(&r.foreignTold, now) {
		return
	}
	who := "Another process"
	if found.Sibling {
		who = "Another input of this process"
	}
	r.log.Errorf("%s stores its position under key %q of cache %s: found %s, which this one has not stored. %s",
		who, r.store.Key(), r.store.Label(), found.Foreign, advice.SharedKey())
}

// Blind implements position.Reporter. Where the cache is down, its writes say so.
func (r *storeReporter) Blind(now time.Time, err error) {
	if !errors.Is(err, position.ErrNoAnswer) {
		return
	}
	r.metrics.checkpointFailures.Incr(1)
	if isDue(&r.blindTold, now) {
		r.log.Errorf("%v; positions are stored all the same, but one that vanishes or is replaced goes unnoticed", err)
	}
}

// Storing implements position.Reporter.
func (r *storeReporter) Storing(ctx context.Context, p position.Position) (_ context.Context, done func(error)) {
	ctx, span := r.startStoring(ctx, p)
	return ctx, func(err error) {
		if err != nil {
			r.metrics.checkpointFailures.Incr(1)
		} else {
			r.metrics.checkpointWrites.Incr(1)
		}
		endSpan(span, err)
	}
}

// Failed implements position.Reporter.
func (r *storeReporter) Failed(now time.Time, err error) (wait time.Duration) {
	r.outage.Failed(now, "")
	failures, consequence := r.outage.Failures(), ""
	if failures == 1 {
		consequence = "; delivery goes on, but a crash before it is stored repeats what was delivered since"
	}
	wait = writeBackoff.delay(failures, 0)
	r.log.Errorf("%v; failure %d in a row, the next attempt is in %s%s", err, failures, wait, consequence)
	return wait
}

// Works implements position.Reporter.
func (r *storeReporter) Works(now time.Time) {
	if after, _, failed := r.outage.End(now); failed {
		r.log.Infof("The position is stored again after %s", after)
	}
}

// Abandoned implements position.Reporter.
func (r *storeReporter) Abandoned(err error) {
	r.log.Errorf("%v; the last position is not stored, so what was delivered since the one before comes again", err)
}
