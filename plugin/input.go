package plugin

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

func init() {
	service.MustRegisterBatchInput(inputName, inputSpec(),
		func(parsed *service.ParsedConfig, res *service.Resources) (service.BatchInput, error) {
			in, err := newInput(parsed, res)
			if err != nil {
				return nil, err
			}
			return in.wrapped(parsed)
		})
}

// input is the Benthos input. Benthos never calls Connect and ReadBatch at the
// same time; Close it may call beside either.
type input struct {
	conf     *config
	log      *service.Logger
	label    string
	metrics  *metrics
	tracer   trace.Tracer
	auth     *authenticator
	store    *positionStore // nil = in memory only
	tracker  *tracker
	keeper   *keeper
	samples  *samples
	replays  *replayFilter
	claim    *claim // nil without a store
	failures *failures
	created  time.Time
	dial     dialFunc // nil = the network

	// What Connect and ReadBatch know from one call to the next.
	cursor  cursor
	fields  stream.FieldReader
	resumed position // what the current connection was asked to resume from
	retries retries
	jitter  func() float64
	outage  outage
	lastErr error    // why the last connection failed, nil if it did not
	told    bool     // lastErr was handed to Benthos, which logs it
	held    *handout // what is due but found no room yet
	ended   bool     // with an error

	clockTold atomic.Bool // that it is off; connection tests tell it, too

	closeOnce sync.Once
	mu        sync.Mutex // guards what follows, never held while waiting
	conn      *connection
	stopping  bool
	closed    bool
}

func newInput(parsed *service.ParsedConfig, res *service.Resources) (*input, error) {
	conf, err := parseConfig(parsed, res, time.Now())
	if err != nil {
		return nil, err
	}
	in := &input{
		conf:     conf,
		log:      res.Logger(),
		label:    res.Label(),
		metrics:  newMetrics(res.Metrics()),
		tracer:   res.OtelTracer().Tracer(inputName),
		auth:     &authenticator{conf: conf},
		tracker:  newTracker(conf.limit),
		samples:  newSamples(res.Logger()),
		replays:  newReplayFilter(conf.dedupeWindow),
		failures: failuresOf(res),
		created:  time.Now(),
		retries:  retries{backoff: conf.backoff, maxFailures: conf.maxFailures},
		jitter:   rand.Float64,
	}
	if conf.cache == "" {
		in.log.Warnf("No %s is set: the position is kept in memory only, and a restart begins at %s again", fieldCheckpointCache, fieldStartTime)
	} else {
		in.store = &positionStore{res: res, label: conf.cache, key: conf.cacheKey}
		if in.claim, err = claimPosition(res, conf.cache, conf.cacheKey); err != nil {
			return nil, err
		}
	}
	in.warnOfExposure()
	in.metrics.connected.Set(0)
	in.keeper = &keeper{
		store: in.store, tracker: in.tracker, metrics: in.metrics, log: in.log, tracer: in.tracer, samples: in.samples,
		stop: make(chan struct{}), stopped: make(chan struct{}), moved: make(chan struct{}, 1),
	}
	return in, nil
}

// Connect opens the stream where reading stopped. Where it is too early for
// that after a failure, it says how long Benthos has to wait.
func (in *input) Connect(ctx context.Context) error {
	in.clearStop()
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
	resume := in.cursor.ask()
	span.SetAttributes(attribute.String(spanPosition, resume.startTime()), attribute.Bool(spanPageToken, resume.PageToken != ""))
	conn, header, err := in.conf.connect(ctx, in.auth, in.dial, resume)
	server := readClock(header, time.Now())
	in.cursor.heard(server)
	in.reportClock(server)
	if err != nil {
		return err
	}
	span.SetAttributes(attribute.Int(spanStatus, http.StatusOK))
	if !in.adopt(conn) {
		conn.close()
		return service.ErrEndOfInput
	}
	if in.cursor.fresh {
		// From here on a restart has to come back to this start.
		in.tracker.begin(in.cursor.at)
	}
	in.cursor.fresh, in.cursor.skipped = false, false
	in.resumed = resume
	in.metrics.connected.Set(1)
	if resume.isZero() {
		in.log.Debugf("The stream is open, from now on")
	} else {
		in.log.Debugf("The stream is open, from %s on", resume)
	}
	return nil
}

// locate finds where to begin, once. A store that cannot be read is an error
// to try again: beginning without it would skip what it stands for.
func (in *input) locate(ctx context.Context) error {
	if in.cursor.located {
		return nil
	}
	var stored position
	if in.store != nil {
		var fromSpare bool
		var err error
		if stored, fromSpare, err = in.store.load(ctx); err != nil {
			return err
		}
		if fromSpare {
			in.log.Warnf("The stored position was not whole, as after a machine stopped while it was written; going on from its spare, %s", stored)
		}
	}
	if stored.isZero() {
		// Where a cache that was down held the start up, it is still the start.
		in.cursor.begin(in.conf.start, in.created, time.Now())
	} else {
		in.cursor.at, in.cursor.located = stored, true
	}
	in.keeper.start(stored, in.cursor.at)
	return nil
}

// ReadBatch waits for messages of the stream. It returns ErrNotConnected when
// the connection has ended and another one is to be opened.
func (in *input) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	for {
		if in.held == nil {
			piece, err := in.nextPiece(ctx)
			if err != nil {
				return nil, nil, err
			}
			if in.held, err = in.digest(piece); err != nil {
				return nil, nil, in.disconnect(&streamError{err})
			}
			if in.held == nil {
				continue
			}
		}
		batch := in.held.batch
		release, err := in.tracker.track(ctx, in.held.after, len(batch))
		if err != nil {
			return nil, nil, err
		}
		in.held = nil
		return batch, in.ackFunc(batch, release), nil
	}
}

func (in *input) nextPiece(ctx context.Context) (stream.Piece, error) {
	conn := in.current()
	if conn == nil {
		return stream.Piece{}, service.ErrNotConnected
	}
	select {
	case piece := <-conn.pieces:
		return piece, nil
	case <-conn.done:
		return stream.Piece{}, in.disconnect(conn.err)
	case <-ctx.Done():
		return stream.Piece{}, ctx.Err()
	}
}

// Close ends the connection, stores the position that is safe by now and lets
// the claim on it go.
func (in *input) Close(ctx context.Context) (err error) {
	in.closeOnce.Do(func() {
		in.mu.Lock()
		conn := in.conn
		in.conn, in.closed = nil, true
		in.mu.Unlock()
		if conn != nil {
			conn.close()
		}
		in.metrics.connected.Set(0)
		err = in.keeper.close(ctx)
		in.samples.each((*sample).end)
		if in.claim != nil {
			in.claim.release()
		}
	})
	return err
}
