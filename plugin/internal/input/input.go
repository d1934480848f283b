package input

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/journal"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A Host is what an input needs of whoever runs it, beside Benthos.
type Host struct {
	// Diagnose makes one error of a problem and of what a person can do about it.
	Diagnose func(problem error, advice string) error
	// Begun is told of the input at a place, before anything else. It reports whether
	// an input at another place of the same component has ended because of an error.
	Begun func(at Place) (othersEnded bool)
	// Ended is told that the input at a place ended because of an error.
	Ended func(at Place, err error)
	// Dial is the network, unless it is nil.
	Dial network.DialFunc
	// Jitter is chance, a number in [0, 1), unless it is nil.
	Jitter func() float64
	// Within is put around the input, inside of what redelivers, unless it is nil.
	Within func(service.BatchInput) service.BatchInput
}

func (h Host) withDefaults() Host {
	if h.Jitter == nil {
		h.Jitter = rand.Float64
	}
	if h.Begun == nil {
		h.Begun = func(Place) bool { return false }
	}
	return h
}

// input is the Benthos input. Benthos never calls Connect and ReadBatch at the
// same time; Close it may call beside either.
type input struct {
	conf    *settings.Config
	host    Host
	log     *service.Logger
	place   Place
	metrics *metrics
	tracer  trace.Tracer
	client  *chronicle.Client
	store   *position.Store // nil = in memory only
	claim   *position.Claim
	tracker *position.Tracker
	keeper  *position.Keeper
	replays *position.Replays
	// searchedBefore is what a search found last, and searcher what searches.
	searchedBefore *position.Searched
	searcher       *chronicle.Searcher
	companion      *companion // this input among those of the host
	gauges         *gauges
	samples        *samples
	created        time.Time

	// What Connect and ReadBatch know from one call to the next.
	cursor  cursor
	fields  stream.FieldReader
	found   int // by the present search
	export  export
	resumed position.Position // what the current connection was asked to resume from
	retries retries
	outage  journal.Outage
	lastErr error    // why the last connection failed, nil if it did not
	told    bool     // lastErr was handed to Benthos, which logs it
	held    *handout // what is due but found no room yet
	ended   bool     // for whatever reason
	failure error    // that it ended with, nil where all was read

	clockTold atomic.Bool // that it is off; connection tests tell it, too

	closeOnce sync.Once
	mu        sync.Mutex // guards what follows, never held while waiting
	conn      *link
	stopping  bool
	closed    bool
}

// New makes an input of a configuration, as Benthos gets it: with the redelivery
// of what is rejected, where that is configured. It refuses by the name of the
// field what could not work.
func New(parsed *service.ParsedConfig, res *service.Resources, host Host) (service.BatchInput, error) {
	for _, warning := range advice.Environment() {
		// Before anything that may fail because of it.
		res.Logger().Warnf("%s", warning)
	}
	conf, err := settings.Parse(parsed, res.HasCache, time.Now())
	if err != nil {
		return nil, err
	}
	host = host.withDefaults()
	conf.Network.Dial = host.Dial
	in := &input{
		conf:    conf,
		host:    host,
		log:     res.Logger(),
		metrics: newMetrics(res.Metrics()),
		tracer:  res.OtelTracer().Tracer(settings.Name),
		client: &chronicle.Client{
			Endpoint: conf.Endpoint,
			Options:  conf.Request,
			Network:  conf.Network,
			Tokens:   signin.NewAuthenticator(conf.Credentials, conf.Endpoint.Scope, conf.Network),
			Timeouts: conf.Timeouts,
			Pieces:   conf.Pieces,
		},
		tracker:        position.NewTracker(conf.Limit, conf.LimitBytes),
		replays:        position.NewReplays(conf.DedupeWindow),
		searchedBefore: position.NewSearched(),
		samples:        newSamples(res.Logger()),
		created:        time.Now(),
		retries:        retries{backoff: backoff{conf.InitialInterval, conf.MaxInterval}, maxFailures: conf.MaxFailures},
	}
	in.searcher = in.newSearcher()
	for _, warning := range conf.Warnings() {
		in.log.Warnf("%s", warning)
	}
	if err := in.openStore(parsed, res); err != nil {
		return nil, err
	}
	in.metrics.ended.Set(0)
	if host.Begun(in.place) {
		in.metrics.ended.Set(1)
	}
	in.companion = companionsOf(res).join(in.place)
	if how, path := conf.Credentials.Exposure(); how != "" {
		in.log.Warnf("The credentials file %s %s: chmod 600 %[1]s", path, how)
	}
	in.metrics.connected.Set(0)
	in.metrics.skippedRules.Set(0)
	in.keeper = position.NewKeeper(in.store, in.tracker, &storeReporter{store: in.store, metrics: in.metrics, log: in.log, tracer: in.tracer})
	in.gauges = newGauges(in.keeper, in.metrics, in.log, in.samples, in.isStopping)
	in.gauges.progress.End = in.conf.End
	return in.wrapped(), nil
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
			conn.Close()
		}
		in.metrics.connected.Set(0)
		in.companion.leave()
		err = in.keeper.Close(ctx)
		in.gauges.close()
		in.reportInterrupted()
		in.samples.each((*journal.Sample).End)
		if err != nil {
			// A write is under way yet, but not for long.
			go in.release()
			return
		}
		in.release()
	})
	return err
}

// release lets the position go, once it is no longer written.
func (in *input) release() {
	<-in.keeper.Closed()
	if in.store != nil {
		in.store.Close()
	}
	in.claim.Release()
}
