package input

import (
	"context"
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// promptInput ends the reading as soon as the pipeline begins to stop. Benthos
// closes an input only when everything in flight is acknowledged, which may
// take its time; what it ends at once is the context that it reads with.
type promptInput struct {
	service.BatchInput // the input, or what replays its nacks

	in *input

	watched context.Context //nolint:containedctx // To tell whether it is watched already.
	unwatch func() bool
}

// errStopping ends a connection because the pipeline is being stopped.
var errStopping = errors.New("the pipeline is stopping")

// wrapped is the input as Benthos gets it.
func (in *input) wrapped() service.BatchInput {
	var reader service.BatchInput = in
	if in.host.Within != nil {
		reader = in.host.Within(reader)
	}
	if in.conf.ReplayNacks {
		reader = newRedeliverer(reader, &in.gauges.flight)
	}
	return &promptInput{BatchInput: &lingering{BatchInput: reader, in: in}, in: in}
}

// ReadBatch implements service.BatchInput.
func (p *promptInput) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	p.watch(ctx)
	batch, ack, err := p.BatchInput.ReadBatch(ctx)
	for i, message := range batch {
		batch[i] = message.WithContext(context.WithValue(message.Context(), stopping{}, ctx.Done()))
	}
	return batch, ack, err
}

// stopping is the key of what Stopping returns in a message's context.
type stopping struct{}

// Stopping returns a channel that is closed when the pipeline that a message was read by
// begins to stop, and nil for messages of other inputs. Benthos tells outputs of a stop
// only after most of shutdown_timeout, so an output that waits long before it tries
// again asks here. The message's context itself does not end: processors and outputs may
// pass it on to requests that are to be finished.
func Stopping(message *service.Message) <-chan struct{} {
	done, _ := message.Context().Value(stopping{}).(<-chan struct{})
	return done
}

// ConnectionTest implements service.ConnectionTestable.
func (p *promptInput) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	return p.in.ConnectionTest(ctx)
}

// watch interrupts the reading when ctx ends, and no longer when an earlier one does.
func (p *promptInput) watch(ctx context.Context) {
	if p.watched == ctx {
		return
	}
	if p.unwatch != nil {
		p.unwatch()
	}
	p.watched, p.unwatch = ctx, context.AfterFunc(ctx, p.in.interrupt)
}

// interrupt ends the current connection. Should somebody connect again, reading
// goes on where it was.
func (in *input) interrupt() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stopping = true
	if in.conn != nil {
		in.conn.Interrupt(errStopping)
	}
}

// clearStop is called when Benthos wants a connection after all.
func (in *input) clearStop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stopping = false
}

// isStopping says whether the pipeline stops, or has stopped.
func (in *input) isStopping() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.stopping || in.closed
}
