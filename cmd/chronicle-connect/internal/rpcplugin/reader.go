package rpcplugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin/runtimepb"
)

// A reader is the input in a Benthos of its own, and the way of its batches to the
// host. It is built before it starts, so that a wrong setting is refused without a
// connection.
type reader struct {
	log       *hostLog
	input     *service.ResourceInput
	end       func(context.Context) error // of that Benthos
	oversized *oversized
	outbox    *outbox
	metrics   net.Listener // nil where nobody asked for them

	// answers has one at a time for whoever calls ReadBatch. Nobody is counted as
	// having an answer that nobody took.
	answers chan *runtimepb.BatchInputReadResponse

	start    sync.Once
	started  bool            // by start
	reading  context.Context //nolint:containedctx // Of the goroutine that reads.
	stopRead context.CancelFunc
	stopped  chan struct{} // closed when that has ended
}

// newReader builds the input.
func newReader(conf *config, log *hostLog) (*reader, error) {
	r := &reader{
		log:       log,
		oversized: &oversized{path: conf.oversizedPath, log: log},
		outbox:    newOutbox(),
		answers:   make(chan *runtimepb.BatchInputReadResponse),
		stopped:   make(chan struct{}),
	}
	r.reading, r.stopRead = context.WithCancel(context.Background())
	builder := service.NewResourceBuilder()
	builder.SetLogger(log.logger())
	if err := conf.addTo(builder); err != nil {
		return nil, err
	}
	if err := r.serveMetrics(builder, conf.metricsAddress); err != nil {
		return nil, err
	}
	resources, end, err := builder.BuildSuspended()
	if err != nil {
		if r.metrics != nil {
			_ = r.metrics.Close()
		}
		return nil, err
	}
	r.end = end
	if err := resources.AccessInput(r.reading, inputLabel, func(in *service.ResourceInput) { r.input = in }); err != nil {
		return nil, err // which is that of building it
	}
	return r, nil
}

// serveMetrics serves what the components count, if there is an address.
func (r *reader) serveMetrics(builder *service.ResourceBuilder, address string) error {
	if address == "" {
		return nil
	}
	format := "json_api"
	if _, linked := service.GlobalEnvironment().GetMetricsConfig("prometheus"); linked {
		format = "prometheus"
	}
	if err := add(builder.SetMetricsYAML, map[string]any{format: map[string]any{}}); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("%s: %w", fieldMetricsAddress, err)
	}
	mux := http.NewServeMux()
	builder.SetHTTPMux(mux)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	r.metrics = listener
	go func() { _ = server.Serve(listener) }() // until the listener is closed
	return nil
}

// run starts the reading, the first time that it is called.
func (r *reader) run() {
	r.start.Do(func() {
		r.started = true
		go func() {
			defer close(r.stopped)
			r.read()
		}()
	})
}

// read hands on batch after batch, until it is stopped.
func (r *reader) read() {
	for {
		batch, ack, err := r.input.ReadBatch(r.reading)
		switch {
		case errors.Is(err, service.ErrEndOfInput):
			// Why, is a problem that the log has reported before.
			for r.offer(&runtimepb.BatchInputReadResponse{Error: endOfInput}) {
			}
			return
		case err != nil:
			return // it is stopped, which is the only error that is left
		}
		if !r.hand(batch, ack) {
			return
		}
	}
}

// hand hands on a batch, and says whether to go on. What does not get to the host
// since the reading is stopped, is rejected.
func (r *reader) hand(batch service.MessageBatch, ack service.AckFunc) bool {
	ctx := context.WithoutCancel(r.reading) // for acknowledgements
	parts, err := parts(batch, ack)
	if err != nil {
		// Bodies and metadata of the input's are read without one.
		r.log.logger().Error(fmt.Sprintf("a batch is rejected: %v", err))
		_ = ack(ctx, err)
		return true
	}
	for i, p := range parts {
		if p.fits() {
			if r.handOut(p) {
				continue
			}
		} else {
			if r.oversized.keep(r.reading, batch[p.first]) {
				_ = p.settle(ctx, nil)
				continue
			}
			_ = p.settle(ctx, errUnsettled)
		}
		for _, left := range parts[i+1:] {
			_ = left.settle(ctx, errUnsettled)
		}
		return false
	}
	return true
}

// handOut waits until somebody takes a part, and says whether that was so.
func (r *reader) handOut(p *part) bool {
	answer := r.outbox.add(p)
	if r.offer(answer) {
		return true
	}
	_ = r.outbox.settle(context.WithoutCancel(r.reading), answer.GetBatchId(), errUnsettled)
	return false
}

// offer waits until somebody takes an answer, and says whether that was so.
func (r *reader) offer(answer *runtimepb.BatchInputReadResponse) bool {
	select {
	case r.answers <- answer:
		return true
	case <-r.reading.Done():
		return false
	}
}

// next is what ReadBatch answers: a problem before anything else.
func (r *reader) next(ctx context.Context) (*runtimepb.BatchInputReadResponse, error) {
	select {
	case problem := <-r.log.problems:
		return problemAnswer(problem), nil
	default:
	}
	select {
	case problem := <-r.log.problems:
		return problemAnswer(problem), nil
	case answer := <-r.answers:
		return answer, nil
	case <-r.reading.Done():
		return &runtimepb.BatchInputReadResponse{Error: notConnected}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func problemAnswer(problem string) *runtimepb.BatchInputReadResponse {
	return &runtimepb.BatchInputReadResponse{Error: &runtimepb.Error{Message: problem}}
}

// stop ends the reading. What is out can still be acknowledged.
func (r *reader) stop() {
	r.stopRead()
}

// close ends the input, which stores the position behind what is acknowledged. What
// is not, comes again to whoever goes on from there.
func (r *reader) close(ctx context.Context) error {
	r.stop()
	if r.metrics != nil {
		defer r.metrics.Close()
	}
	// From here on run does nothing.
	r.start.Do(func() {})
	if !r.started {
		return nil // it has nothing to store, and would wait for its start
	}
	<-r.stopped
	ended := make(chan error, 1)
	go func() { ended <- r.end(ctx) }()
	err := r.outbox.giveUp(ctx)
	return errors.Join(<-ended, err, r.oversized.close(ctx))
}
