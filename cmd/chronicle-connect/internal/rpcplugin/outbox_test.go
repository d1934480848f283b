package rpcplugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// An outcome is what the input is told of a batch.
type outcome struct {
	told int
	err  error
}

func (o *outcome) ack(_ context.Context, err error) error {
	o.told++
	o.err = err
	return nil
}

func batchOf(sizes ...int) service.MessageBatch {
	var batch service.MessageBatch
	for i, size := range sizes {
		message := service.NewMessage([]byte(strings.Repeat("x", size)))
		message.MetaSetMut("n", fmt.Sprint(i))
		batch = append(batch, message)
	}
	return batch
}

// Many small messages weigh by their metadata.
func TestPartsFitIntoAnswers(t *testing.T) {
	small := make([]int, 20_000)
	batch := batchOf(small...)
	for _, message := range batch {
		message.MetaSetMut("chronicle_rule_name", strings.Repeat("r", 500))
	}
	for name, batch := range map[string]service.MessageBatch{
		"of metadata": batch,
		"of bodies":   batchOf(3_000_000, 1_000_000, 200_000, 4_000_000, 1, 4_190_000),
		"just so":     batchOf(maxAnswer/2-100, maxAnswer/2-100, 1),
		"too large":   batchOf(1, 5_000_000, 1),
	} {
		t.Run(name, func(t *testing.T) {
			cut, err := parts(batch, nil)
			require.NoError(t, err)
			o := newOutbox()
			from := 0
			for _, p := range cut {
				require.Equal(t, from, p.first)
				from = p.end
				if !p.fits() {
					require.Equal(t, 1, p.end-p.first)
					continue
				}
				require.Less(t, proto.Size(o.add(p)), 4<<20)
			}
			require.Equal(t, len(batch), from)
		})
	}
}

func TestBatchIsAcknowledgedAfterItsParts(t *testing.T) {
	var got outcome
	cut, err := parts(batchOf(3_000_000, 3_000_000, 3_000_000), got.ack)
	require.NoError(t, err)
	require.Len(t, cut, 3)
	o := newOutbox()
	var ids []uint64
	for _, p := range cut {
		ids = append(ids, o.add(p).GetBatchId())
	}
	for _, i := range []int{2, 0, 1} {
		require.Zero(t, got.told)
		require.NoError(t, o.settle(t.Context(), ids[i], nil))
		require.Error(t, o.settle(t.Context(), ids[i], nil), "twice")
	}
	require.Equal(t, outcome{told: 1}, got)
	<-o.empty()
}

// The input is told which messages were rejected.
func TestPartThatIsRejected(t *testing.T) {
	var got outcome
	batch := batchOf(2_000_000, 2_000_000, 3_000_000)
	index := batch.Index()
	cut, err := parts(batch, got.ack)
	require.NoError(t, err)
	require.Len(t, cut, 2)
	o := newOutbox()
	first, second := o.add(cut[0]).GetBatchId(), o.add(cut[1]).GetBatchId()
	require.NoError(t, o.settle(t.Context(), first, errors.New("full")))
	require.NoError(t, o.settle(t.Context(), second, nil))
	require.Equal(t, 1, got.told)
	rejected, ok := errors.AsType[*service.BatchError](got.err)
	require.True(t, ok)
	which := map[int]bool{}
	rejected.WalkMessagesIndexedBy(index, func(i int, _ *service.Message, err error) bool {
		which[i] = err != nil
		return true
	})
	require.Equal(t, map[int]bool{0: true, 1: true, 2: false}, which)
}

func TestBatchThatIsRejected(t *testing.T) {
	var got outcome
	cut, err := parts(batchOf(1, 2), got.ack)
	require.NoError(t, err)
	o := newOutbox()
	full := errors.New("full")
	require.NoError(t, o.settle(t.Context(), o.add(cut[0]).GetBatchId(), full))
	require.Equal(t, outcome{1, full}, got)
}

// In the end, what nobody has acknowledged is rejected, in words by which the input
// knows a stop.
func TestGiveUp(t *testing.T) {
	var got outcome
	cut, err := parts(batchOf(3_000_000, 3_000_000), got.ack)
	require.NoError(t, err)
	o := newOutbox()
	first := o.add(cut[0]).GetBatchId()
	o.add(cut[1])
	require.NoError(t, o.settle(t.Context(), first, nil))
	require.NoError(t, o.giveUp(t.Context()))
	require.Equal(t, 1, got.told)
	require.ErrorIs(t, got.err, context.Canceled)
}
