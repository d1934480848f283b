package input

import (
	"context"
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

	foreignTold time.Time // when the log was last told of another process
}

// foreignInterval is how often the log is told of another process that stores its
// position under the same key.
const foreignInterval = 10 * time.Minute

// Foreign implements position.Reporter.
func (r *storeReporter) Foreign(now time.Time, p position.Position) {
	r.metrics.foreignPositions.Incr(1)
	if !r.foreignTold.IsZero() && now.Sub(r.foreignTold) < foreignInterval {
		return
	}
	r.foreignTold = now
	r.log.Errorf("Another process stores its position under key %q of cache %s: found %s, which this one has not stored. %s",
		r.store.Key(), r.store.Label(), p, advice.SharedKey())
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
