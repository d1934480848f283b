package input

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// stopWords are in the errors that Benthos' own components reject with while they
// stop, which may be before the input knows of the stop: always, where it is a
// resource. Benthos has no public names for them.
var stopWords = []string{
	"type was closed",
	"message failed to reach a target destination",
	"failed to receive acknowledgement",
	"not connected to target source or sink",
	"action timed out",
	context.Canceled.Error(),
}

// isOfAStop says whether err may be that of a pipeline that stops. It may also be
// that of an output which is only in trouble.
func isOfAStop(err error) bool {
	if errors.Is(err, context.Canceled) {
		return true
	}
	for _, words := range stopWords {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// stopPatience is how long a rejection that may be of a stop waits for one: longer
// than any stop should take. Until then the position waits as well.
const stopPatience = 5 * time.Minute

// ackFunc is what Benthos calls once it knows what became of a batch.
func (in *input) ackFunc(batch service.MessageBatch, release func()) service.AckFunc {
	if in.conf.ReplayNacks {
		// What is rejected comes again, and not here.
		return func(context.Context, error) error {
			release()
			return nil
		}
	}
	settled := in.gauges.flight.HandOver(time.Now(), len(batch))
	settle := func() {
		settled(len(batch))
		release()
	}
	index := batch.Index()
	return func(_ context.Context, err error) error {
		switch {
		case err == nil:
			settle()
		case in.isStopping():
			// Not a rejection but a pipeline that stops: the batch stays
			// unacknowledged and comes again after the restart.
		case isOfAStop(err):
			time.AfterFunc(stopPatience, func() { in.reject(batch, index, err, settle) })
		default:
			in.reject(batch, index, err, settle)
		}
		return nil
	}
}

// reject drops a batch of which messages were rejected: the documentation of
// auto_replay_nacks says that they are deleted then.
func (in *input) reject(batch service.MessageBatch, index *service.Indexer, err error, settle func()) {
	if in.isStopping() {
		return
	}
	rejected := rejectedOf(batch, index, err)
	in.metrics.rejected.Incr(int64(rejected))
	in.samples.rejected.Warnf("%d of %d messages were rejected and are dropped: %v", rejected, len(batch), err)
	settle()
}

// rejectedOf is how many messages of a batch were rejected. The pipeline may have
// made more of them, or fewer: they are found by their index, as far as processors
// hand that on.
func rejectedOf(batch service.MessageBatch, index *service.Indexer, err error) int {
	partly, isPartly := errors.AsType[*service.BatchError](err)
	if !isPartly || partly.IndexedErrors() == 0 {
		return len(batch)
	}
	rejected := make(map[int]bool)
	partly.WalkMessagesIndexedBy(index, func(i int, _ *service.Message, err error) bool {
		if err != nil {
			rejected[i] = true
		}
		return true
	})
	if len(rejected) == 0 {
		return min(partly.IndexedErrors(), len(batch))
	}
	return len(rejected)
}
