package rpcplugin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin/runtimepb"
)

// maxAnswer is the most bytes of messages in an answer. Hosts read with gRPC's limit
// of 4 MiB, which the answer's other fields count for, too.
const maxAnswer = 4<<20 - 1<<10

// An outbox knows what a host was handed and has not acknowledged. Batches are
// handed out in parts that fit into an answer, and acknowledged once all their parts
// are.
type outbox struct {
	mu   sync.Mutex // guards what follows, never held across an acknowledgement
	next uint64     // the id of the next part
	out  map[uint64]*part
	free chan struct{} // closed while nothing is out
}

// newOutbox makes an outbox whose ids no other process has: a host may yet
// acknowledge batches of a plugin before this one.
func newOutbox() *outbox {
	free := make(chan struct{})
	close(free)
	return &outbox{next: rand.Uint64(), out: make(map[uint64]*part), free: free} //nolint:gosec // An id is no secret.
}

// A part is some messages of a delivery, those from first up to end.
type part struct {
	of         *delivery
	first, end int
	messages   []*runtimepb.Message
}

// A delivery is a batch of the input.
type delivery struct {
	batch service.MessageBatch
	ack   service.AckFunc

	mu       sync.Mutex // guards what follows
	open     int        // parts that nothing is known of yet
	rejected *service.BatchError
	whole    error // set where all of a batch in one part is rejected
}

// parts cuts a batch. A message that fits into no answer is a part of its own, of
// which fits says no.
func parts(batch service.MessageBatch, ack service.AckFunc) ([]*part, error) {
	d := &delivery{batch: batch, ack: ack}
	var cut []*part
	size := 0
	for i, message := range batch {
		wire, err := wireMessage(message)
		if err != nil {
			return nil, err
		}
		n := sizeOf(wire)
		if len(cut) == 0 || size+n > maxAnswer {
			cut, size = append(cut, &part{of: d, first: i}), 0
		}
		last := cut[len(cut)-1]
		last.messages, last.end = append(last.messages, wire), i+1
		size += n
	}
	d.open = len(cut)
	return cut, nil
}

// sizeOf is how many bytes of an answer a message takes, with the tags and lengths
// of the fields that it is in.
func sizeOf(message *runtimepb.Message) int {
	return protowire.SizeTag(1) + protowire.SizeBytes(proto.Size(message))
}

// fits says whether an answer can hold the part.
func (p *part) fits() bool {
	return len(p.messages) > 1 || sizeOf(p.messages[0]) <= maxAnswer
}

// add makes an answer of a part, which is out from now on.
func (o *outbox) add(p *part) *runtimepb.BatchInputReadResponse {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := o.next
	o.next++
	if len(o.out) == 0 {
		o.free = make(chan struct{})
	}
	o.out[id] = p
	answer := &runtimepb.BatchInputReadResponse{BatchId: id, Batch: &runtimepb.MessageBatch{Messages: p.messages}}
	p.messages = nil // the answer has them
	return answer
}

// settle takes in what became of a part that is out: it is delivered where err is
// nil, else rejected.
func (o *outbox) settle(ctx context.Context, id uint64, err error) error {
	o.mu.Lock()
	p, ok := o.out[id]
	delete(o.out, id)
	if ok && len(o.out) == 0 {
		close(o.free)
	}
	o.mu.Unlock()
	if !ok {
		return fmt.Errorf("the batch %d is not in flight: it was settled before, or is of a plugin that has died, and comes again", id)
	}
	return p.settle(ctx, err)
}

// settle acknowledges the part's batch, or rejects it, if it was the last part that
// nothing was known of.
func (p *part) settle(ctx context.Context, err error) error {
	d := p.of
	d.mu.Lock()
	if err != nil {
		d.reject(p, err)
	}
	d.open--
	last, outcome := d.open == 0, d.whole
	if outcome == nil && d.rejected != nil {
		outcome = d.rejected
	}
	d.mu.Unlock()
	if !last {
		return nil
	}
	return d.ack(ctx, outcome)
}

// reject is called with mu held.
func (d *delivery) reject(p *part, err error) {
	if p.first == 0 && p.end == len(d.batch) {
		d.whole = err
		return
	}
	if d.rejected == nil {
		d.rejected = service.NewBatchError(d.batch, err)
	}
	for i := p.first; i < p.end; i++ {
		d.rejected = d.rejected.Failed(i, err)
	}
}

// empty is closed once nothing is out.
func (o *outbox) empty() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.free
}

// errUnsettled is what becomes of a batch that nobody has acknowledged in the end.
// In its words, the input knows it for no rejection but a pipeline that stops.
var errUnsettled = fmt.Errorf("the plugin ends without an acknowledgement: %w", context.Canceled)

// giveUp rejects all that is out.
func (o *outbox) giveUp(ctx context.Context) error {
	o.mu.Lock()
	ids := make([]uint64, 0, len(o.out))
	for id := range o.out {
		ids = append(ids, id)
	}
	o.mu.Unlock()
	var errs []error
	for _, id := range ids {
		errs = append(errs, o.settle(ctx, id, errUnsettled))
	}
	return errors.Join(errs...)
}
