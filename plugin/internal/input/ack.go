package input

import (
	"context"
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// outputClosed is what outputs nack with that are closed before the input knows
// of a stop. Benthos has no public name for the error.
const outputClosed = "type was closed"

// ackFunc is what Benthos calls once it knows what became of a batch.
func (in *input) ackFunc(batch service.MessageBatch, release func()) service.AckFunc {
	return func(_ context.Context, err error) error {
		if err != nil && (in.isStopping() || err.Error() == outputClosed) {
			// Not a rejection but an output that is being closed: the batch
			// stays unacknowledged and comes again after the restart.
			return nil
		}
		if err != nil {
			// Only with auto_replay_nacks: false does a nack come here. Its
			// documentation says that the message is deleted then.
			rejected := len(batch)
			var partly *service.BatchError
			if errors.As(err, &partly) && partly.IndexedErrors() > 0 {
				rejected = partly.IndexedErrors()
			}
			in.metrics.rejected.Incr(int64(rejected))
			in.samples.rejected.Warnf("%d of %d messages were rejected and are dropped: %v", rejected, len(batch), err)
		}
		release()
		return nil
	}
}
