package input

import (
	"context"
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// A lingering input stays after it has given up, while other inputs of its stream run.
// Benthos leaves inputs that have ended out of /ready, which would say that all is well:
// to it this one is an input that cannot connect. When the others have ended, so does it,
// and with them the stream.
type lingering struct {
	service.BatchInput

	in   *input
	gone bool // the input has given up, and what was in flight is delivered
	told bool // that it stays
}

// Connect implements service.BatchInput.
func (l *lingering) Connect(ctx context.Context) error {
	if !l.gone {
		err := l.BatchInput.Connect(ctx)
		if !l.stays(err) {
			return err
		}
	}
	for {
		others, changed := l.in.companion.othersRun()
		if !others {
			return service.ErrEndOfInput
		}
		if !l.told {
			l.told = true
			return service.NewErrBackOff(fmt.Errorf("the input has given up, and the others of its stream go on: %w", l.in.failure), 0)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ReadBatch implements service.BatchInput.
func (l *lingering) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	batch, ack, err := l.BatchInput.ReadBatch(ctx)
	if l.stays(err) {
		return nil, nil, service.ErrNotConnected
	}
	return batch, ack, err
}

// stays notes whether err is the end of an input that has given up while others run.
func (l *lingering) stays(err error) bool {
	if !errors.Is(err, service.ErrEndOfInput) || l.in.failure == nil {
		return false
	}
	l.gone, _ = l.in.companion.othersRun()
	return l.gone
}
