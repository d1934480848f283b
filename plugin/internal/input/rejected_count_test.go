package input_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// What is counted as rejected are messages of the batch, however many the pipeline
// has made of them, and none that was taken.
func TestRejectedAreCounted(t *testing.T) {
	refused := errors.New("refused")
	for _, test := range []struct {
		name string
		err  func(batch service.MessageBatch) error
		want int
		says string
	}{
		{"all of them", func(service.MessageBatch) error { return refused }, 5, "5 of 5 messages"},
		{"two of them", func(batch service.MessageBatch) error {
			return service.NewBatchError(batch, refused).Failed(1, refused).Failed(3, refused)
		}, 2, "2 of 5 messages"},
		{"made into more", func(batch service.MessageBatch) error {
			var more service.MessageBatch
			for i := range 8 {
				more = append(more, batch[i/2].Copy())
			}
			err := service.NewBatchError(more, refused)
			for i := range more {
				err = err.Failed(i, refused)
			}
			return err
		}, 4, "4 of 5 messages"},
		{"made of others", func(service.MessageBatch) error {
			strangers := service.MessageBatch{service.NewMessage(nil), service.NewMessage(nil)}
			return service.NewBatchError(strangers, refused).Failed(0, refused)
		}, 1, "1 of 5 messages"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				_, times := r.History(1, 5, 1000)
				p := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": false})
				batch, ack := p.Read()
				require.NoError(t, ack(t.Context(), test.err(batch)))
				rig.Pass(time.Second)
				require.EqualValues(t, test.want, p.Metrics.Value("chronicle_rejected"))
				require.Contains(t, p.Logs.String(), test.says+" were rejected and are dropped")
				require.Equal(t, times[0], r.Stored())
			})
		})
	}
}
