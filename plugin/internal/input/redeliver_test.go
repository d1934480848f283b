package input

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/journal"
)

// batches is an input of batches with so many numbered messages, that notes
// which of them were acknowledged.
type batches struct {
	sizes        []int
	read         int
	acknowledged []int
}

// Connect implements service.BatchInput.
func (b *batches) Connect(context.Context) error {
	if b.read == len(b.sizes) {
		return service.ErrEndOfInput
	}
	return nil
}

// ReadBatch implements service.BatchInput.
func (b *batches) ReadBatch(context.Context) (service.MessageBatch, service.AckFunc, error) {
	if b.read == len(b.sizes) {
		return nil, nil, service.ErrEndOfInput
	}
	n := b.read
	b.read++
	var batch service.MessageBatch
	for i := range b.sizes[n] {
		batch = append(batch, service.NewMessage(fmt.Appendf(nil, "%d.%d", n, i)))
	}
	return batch, func(_ context.Context, err error) error {
		b.acknowledged = append(b.acknowledged, n)
		return err
	}, nil
}

// Close implements service.BatchInput.
func (*batches) Close(context.Context) error { return nil }

// deliverTo hands everything to an output and returns the batches that it was
// given, in order.
func deliverTo(t *testing.T, in service.BatchInput, output func(service.MessageBatch, []string) error) (given [][]string) {
	t.Helper()
	for {
		batch, ack, err := in.ReadBatch(t.Context())
		if errors.Is(err, service.ErrEndOfInput) {
			return given
		}
		require.NoError(t, err)
		var bodies []string
		for _, message := range batch {
			body, err := message.AsBytes()
			require.NoError(t, err)
			bodies = append(bodies, string(body))
		}
		given = append(given, bodies)
		require.NoError(t, ack(t.Context(), output(batch, bodies)))
	}
}

// A message that is rejected again and again is alone before long, and every
// other one is delivered; only then is its batch acknowledged.
func TestRedeliveryIsolatesWhatIsRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &batches{sizes: []int{8}}
		r := newRedeliverer(in, &journal.Flight{})
		delivered, patience := map[string]int{}, 5
		given := deliverTo(t, r, func(batch service.MessageBatch, bodies []string) error {
			poison := -1
			for i, body := range bodies {
				if body == "0.5" && patience > 0 {
					poison = i
					patience--
				}
			}
			if poison >= 0 {
				require.Empty(t, in.acknowledged)
				// The blame is on another message, as after a processor that
				// regroups messages.
				return service.NewBatchError(batch, errors.New("poison")).Failed(0, errors.New("poison"))
			}
			for _, body := range bodies {
				delivered[body]++
			}
			return nil
		})
		require.Len(t, delivered, 8)
		require.Equal(t, []int{0}, in.acknowledged)
		require.Contains(t, given, []string{"0.5"})
		require.NoError(t, r.Close(t.Context()))
	})
}

// A batch that is rejected as a whole once stays whole.
func TestRedeliveryOfAWholeBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &batches{sizes: []int{3, 2}}
		r, rejections := newRedeliverer(in, &journal.Flight{}), wholeRejections-1
		given := deliverTo(t, r, func(_ service.MessageBatch, bodies []string) error {
			if len(bodies) == 3 && rejections > 0 {
				rejections--
				return errors.New("down")
			}
			return nil
		})
		whole, other := []string{"0.0", "0.1", "0.2"}, []string{"1.0", "1.1"}
		require.ElementsMatch(t, [][]string{whole, whole, other}, given)
		require.ElementsMatch(t, []int{0, 1}, in.acknowledged)
		require.NoError(t, r.Close(t.Context()))
	})
}

// The input has not ended while something may be rejected yet, also where it is
// Connect that says so.
func TestRedeliveryOutlivesTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &batches{sizes: []int{1}}
		r := newRedeliverer(in, &journal.Flight{})
		_, ack, err := r.ReadBatch(t.Context())
		require.NoError(t, err)
		require.NoError(t, r.Connect(t.Context()), "a message is in flight")
		read := make(chan error)
		go func() {
			_, again, err := r.ReadBatch(t.Context())
			if err == nil {
				err = again(t.Context(), nil)
			}
			read <- err
		}()
		synctest.Wait()
		require.NoError(t, ack(t.Context(), errors.New("down")))
		require.NoError(t, ack(t.Context(), nil), "a second word on it counts for nothing")
		require.NoError(t, <-read)
		_, _, err = r.ReadBatch(t.Context())
		require.ErrorIs(t, err, service.ErrEndOfInput)
		require.ErrorIs(t, r.Connect(t.Context()), service.ErrEndOfInput)
		require.NoError(t, r.Close(t.Context()))
	})
}

// silent is an input that nothing comes from.
type silent struct{ batches }

// ReadBatch implements service.BatchInput.
func (*silent) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	<-ctx.Done()
	return nil, nil, ctx.Err()
}

// A read beside Close ends with it, and none after it waits.
func TestRedeliveryEndsWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedeliverer(&silent{}, &journal.Flight{})
		read := make(chan error)
		go func() {
			_, _, err := r.ReadBatch(t.Context())
			read <- err
		}()
		synctest.Wait()
		require.NoError(t, r.Close(t.Context()))
		require.ErrorIs(t, <-read, context.Canceled)
		for range 2 {
			_, _, err := r.ReadBatch(t.Context())
			require.ErrorIs(t, err, service.ErrNotConnected)
			require.NoError(t, r.Close(t.Context()))
		}
	})
}

// What was handed out before Close can be acknowledged and rejected behind it.
func TestRedeliveryBehindClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &batches{sizes: []int{1, 1, 1}}
		r := newRedeliverer(in, &journal.Flight{})
		_, deliver, err := r.ReadBatch(t.Context())
		require.NoError(t, err)
		_, reject, err := r.ReadBatch(t.Context())
		require.NoError(t, err)
		require.NoError(t, r.Close(t.Context()))
		_, _, err = r.ReadBatch(t.Context())
		require.ErrorIs(t, err, service.ErrNotConnected)
		require.NoError(t, deliver(t.Context(), nil))
		require.NoError(t, reject(t.Context(), errors.New("closing")))
		require.Equal(t, []int{0}, in.acknowledged)
	})
}

// What was rejected comes again when it is due, not when something else is.
func TestRedeliveryIsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRedeliverer(&batches{sizes: []int{1, 2}}, &journal.Flight{})
		defer r.Close(t.Context())
		read := func(messages int) service.AckFunc {
			batch, ack, err := r.ReadBatch(t.Context())
			require.NoError(t, err)
			require.Len(t, batch, messages)
			return ack
		}
		down := errors.New("down")
		first, second := read(1), read(2)
		for range 20 {
			require.NoError(t, first(t.Context(), down))
			first = read(1)
		}
		require.NoError(t, first(t.Context(), down))
		require.NoError(t, second(t.Context(), down))
		begun := time.Now()
		read(2)
		require.Equal(t, redeliveryBackoff.initial, time.Since(begun))
		read(1)
		require.Equal(t, redeliveryBackoff.max, time.Since(begun))
	})
}

// Where no message is blamed, a bad one does not hold up the others either: what is
// rejected as a whole again and again is halved.
func TestRedeliveryIsolatesWhatNobodyBlames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &batches{sizes: []int{1000, 10}}
		r := newRedeliverer(in, &journal.Flight{})
		defer r.Close(t.Context())
		delivered := map[string]int{}
		poisoned := 0
		deliverTo(t, r, func(_ service.MessageBatch, bodies []string) error {
			if slices.Contains(bodies, "0.617") {
				if poisoned++; len(bodies) > 1 || len(delivered) < 1009 {
					return errors.New("no")
				}
			}
			for _, body := range bodies {
				delivered[body]++
			}
			return nil
		})
		require.Len(t, delivered, 1010)
		for body, times := range delivered {
			require.Equal(t, 1, times, body)
		}
		require.Less(t, poisoned, 100)
		require.Equal(t, []int{1, 0}, in.acknowledged)
	})
}

// An output that is down for an hour leaves no single messages behind.
func TestRedeliveryThroughAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &batches{sizes: []int{1000, 1000}}
		r := newRedeliverer(in, &journal.Flight{})
		defer r.Close(t.Context())
		begun, largest, deliveries := time.Now(), 0, 0
		deliverTo(t, r, func(_ service.MessageBatch, bodies []string) error {
			if time.Since(begun) < time.Hour {
				return errors.New("down")
			}
			largest, deliveries = max(largest, len(bodies)), deliveries+1
			return nil
		})
		require.GreaterOrEqual(t, largest, 10)
		require.LessOrEqual(t, deliveries, 200)
		require.Len(t, in.acknowledged, 2)
	})
}
