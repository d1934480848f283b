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

// trickle is an input of one batch, which single messages follow at an interval.
type trickle struct {
	batches
	interval time.Duration
}

// ReadBatch implements service.BatchInput.
func (s *trickle) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	if s.read > 0 {
		select {
		case <-time.After(s.interval):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	if s.read == len(s.sizes) {
		s.sizes = append(s.sizes, 1)
	}
	return s.batches.ReadBatch(ctx)
}

// Bad messages among many are alone after few repetitions, although the output
// rejects all of what one is in and blames none, whether other messages get through
// meanwhile or not. From then on only they come again, each at the longest backoff.
func TestRedeliveryOfBadMessagesThatNobodyBlames(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{10 * time.Millisecond, time.Second, time.Hour} {
		for size, bad := range map[int][]int{
			50:   {7, 23, 41},
			51:   {0, 1, 2},
			49:   {46, 47, 48},
			52:   {0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50},
			1000: {617},
		} {
			t.Run(fmt.Sprintf("%d of %d, others every %s", len(bad), size, interval), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { isolates(t, interval, size, bad) })
			})
		}
	}
}

func isolates(t *testing.T, interval time.Duration, size int, bad []int) {
	in := &trickle{batches: batches{sizes: []int{size}}, interval: interval}
	r := newRedeliverer(in, &journal.Flight{})
	defer r.Close(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	isBad := func(body string) bool {
		return slices.ContainsFunc(bad, func(i int) bool { return body == fmt.Sprintf("0.%d", i) })
	}
	handedOut := map[string][]time.Time{}
	delivered := map[string]int{}
	for {
		batch, ack, err := r.ReadBatch(ctx)
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			break
		}
		var rejection error
		var bodies []string
		for _, message := range batch {
			body, err := message.AsBytes()
			require.NoError(t, err)
			bodies = append(bodies, string(body))
			handedOut[string(body)] = append(handedOut[string(body)], time.Now())
			if isBad(string(body)) {
				rejection = errors.New("one of them is bad")
			}
		}
		if rejection == nil {
			for _, body := range bodies {
				delivered[body]++
			}
		}
		require.NoError(t, ack(ctx, rejection))
	}
	repeated := 0
	for i := range size {
		body := fmt.Sprintf("0.%d", i)
		if !isBad(body) {
			require.Equal(t, 1, delivered[body], body)
			repeated += len(handedOut[body]) - 1
			continue
		}
		times := handedOut[body]
		require.GreaterOrEqual(t, times[len(times)-1].Sub(times[len(times)-2]), redeliveryBackoff.max)
	}
	t.Logf("%d repetitions of good messages", repeated)
	require.LessOrEqual(t, repeated, 8*size)
}
