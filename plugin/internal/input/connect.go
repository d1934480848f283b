package input

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

// Connect opens the stream where reading stopped. Where it is too early for
// that after a failure, it says how long Benthos has to wait.
func (in *input) Connect(ctx context.Context) error {
	in.clearStop()
	// An input that takes the place of another waits until that has stored its last
	// position.
	err := in.claim.Acquire(ctx)
	if errors.Is(err, position.ErrReleased) {
		return service.ErrEndOfInput // It is closed.
	}
	if err != nil {
		return err
	}
	for {
		if in.ended {
			return service.ErrEndOfInput
		}
		wait := in.retries.wait(time.Now())
		if wait > 0 && in.lastErr != nil {
			in.told = true
			return service.NewErrBackOff(in.lastErr, wait)
		}
		if in.lastErr != nil && !in.told {
			// Benthos asks late, so there is no wait left to tell it of.
			in.told = true
			in.log.Errorf("%v", in.lastErr)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		err := in.connect(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, service.ErrEndOfInput) {
			return err
		}
		in.fail(err)
	}
}

func (in *input) connect(ctx context.Context) (err error) {
	ctx, span := in.startConnecting(ctx)
	defer func() { endSpan(span, err) }()
	if err := in.locate(ctx); err != nil {
		return err
	}
	if left, err := in.searchToEnd(ctx); err != nil {
		return err
	} else if !left {
		return service.ErrEndOfInput
	}
	from := in.cursor.ask(time.Now())
	span.SetAttributes(attribute.String(spanPosition, from.StartTime()), attribute.Bool(spanPageToken, from.PageToken != ""))
	conn, err := in.open(ctx, span, from)
	if err != nil {
		return err
	}
	if !in.adopt(conn) {
		conn.Close()
		return service.ErrEndOfInput
	}
	if in.cursor.fresh {
		// From here on a restart has to come back to this start.
		in.tracker.Begin(in.cursor.At())
	}
	in.cursor.fresh = false
	in.resumed = conn.from
	in.metrics.connected.Set(1)
	switch {
	case conn.search:
		in.log.Debugf("Searching from %s on", from)
	case conn.from.IsZero():
		in.log.Debugf("The stream is open, from now on")
	default:
		in.log.Debugf("The stream is open, from %s on", conn.from)
	}
	return nil
}

// open opens the stream, or a search where that is due.
func (in *input) open(ctx context.Context, span trace.Span, from position.Position) (*link, error) {
	if !in.cursor.searchTo.IsZero() {
		return in.search(ctx, from), nil
	}
	conn, server, err := in.client.Open(ctx, resume(from))
	in.reportClock(server)
	if in.corrected(server, err) && !from.IsZero() {
		// What was asked for lies in the server's future.
		if conn != nil {
			conn.Close()
		}
		from = in.cursor.At()
		conn, _, err = in.client.Open(ctx, resume(from))
	}
	if err != nil {
		return nil, err
	}
	span.SetAttributes(attribute.Int(spanStatus, http.StatusOK))
	return &link{Connection: conn, from: from}, nil
}

// corrected takes in the server's clock, with what an attempt came to. Where the position
// lay in the server's future, it says whether to ask again from where reading is now.
func (in *input) corrected(server answer.Clock, err error) bool {
	refused, isRefused := errors.AsType[*chronicle.Refusal](err)
	tooNew := isRefused && refused.TooNew()
	before := in.cursor.At()
	if !in.cursor.heard(server, time.Since(in.created), tooNew) {
		return false
	}
	if !in.cursor.fresh {
		in.log.Warnf("The position %s is in the future by the server's clock; reading goes on from %s", before, in.cursor.At())
	}
	if !in.cursor.fresh || in.conf.Start.Moves() {
		in.tracker.Pass(in.cursor.At())
	}
	in.gauges.read(in.cursor.At())
	return err == nil || tooNew
}

// locate finds where to begin, once. A store that cannot be read is an error
// to try again: beginning without it would skip what it stands for. One in which
// nothing is stored yet has to show that it can store anything: found out later,
// each restart would begin anew. A start that depends on when it is resolved is stored
// at once.
func (in *input) locate(ctx context.Context) error {
	if in.cursor.located {
		return nil
	}
	stored, err := in.load(ctx)
	if err != nil {
		if ctx.Err() == nil {
			in.metrics.checkpointFailures.Incr(1)
		}
		return err
	}
	if stored.IsZero() {
		// Where a cache that was down held the start up, it is still the start.
		in.cursor.begin(in.conf.Start, in.created, time.Now())
	} else {
		in.cursor.Begin(stored)
	}
	beginning := in.conf.Start.Beginning(stored.String(), in.cursor.At().String())
	if stored.IsZero() && in.conf.Start.Moves() {
		// Whatever fails from here on, a restart comes back to this start.
		stored = in.cursor.At()
		if err := in.keeper.First(ctx, stored); err != nil {
			return err
		}
		in.tracker.Begin(stored)
	}
	in.cursor.located = true
	in.log.Infof("%s", beginning)
	in.keeper.Start(stored)
	in.gauges.start(in.cursor.At())
	return nil
}

// load reads the stored position, zero where none is stored.
func (in *input) load(ctx context.Context) (stored position.Position, err error) {
	if in.store == nil {
		return stored, nil
	}
	if err := in.store.Open(ctx); err != nil {
		return stored, err
	}
	stored, fromSpare, err := in.store.Load(ctx)
	if err != nil {
		return stored, err
	}
	if fromSpare {
		in.log.Warnf("The stored position was missing or not whole, as after a machine stopped while it was written; going on from its spare, %s", stored)
	}
	if stored.IsZero() {
		return stored, in.store.Probe(ctx)
	}
	return stored, nil
}

// resume is how the server is asked to go on from a position.
func resume(from position.Position) chronicle.Resume {
	return chronicle.Resume{PageToken: from.PageToken, StartTime: from.StartTime()}
}

// reportClock warns, once, of a clock that is off.
func (in *input) reportClock(server answer.Clock) {
	if warning := advice.Clock(server); warning != "" && !in.clockTold.Swap(true) {
		in.log.Warnf("%s", warning)
	}
}

// recovered is called when something of a stream is heard: if it was lost, it
// is back.
func (in *input) recovered() {
	after, loud, lost := in.outage.End(time.Now())
	if !lost {
		return
	}
	log := in.log.Debugf
	if loud {
		log = in.log.Infof
	}
	from := "from now on"
	if !in.resumed.IsZero() {
		from = "from " + in.resumed.String() + " on"
	}
	if !in.cursor.searchTo.IsZero() {
		log("The search goes on after %s, %s", after, from)
		return
	}
	log("The stream is open again after %s, %s", after, from)
}
