package input_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

func TestSilenceMidStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(2, 3, 1000)
		r.Server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 100, Then: chronicletest.Stall})
		p := r.Start(rig.Settings{"start_time": "2h", "idle_timeout": "30s"})
		require.Equal(t, sent, p.DeliverAll(len(sent)))
		require.Equal(t, times[0], r.Asked()[1])
		require.Equal(t, 30*time.Second+rig.Reconnecting, r.Gaps()[0])
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", "silence"))
	})
}

// Bytes that trickle are no silence.
func TestSlowBytesAreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 2, 1000)
		r.Server.Script(chronicletest.Step{ChunkBytes: 100, ChunkDelay: 50 * time.Second})
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, sent, p.DeliverAll(len(sent)))
		require.Len(t, r.Asked(), 1)
	})
}

// So it is with a compressed stream, of which nothing can be read for long.
func TestSlowCompressedBytesAreNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := make([]byte, 300)
		_, _ = rand.NewChaCha8([32]byte{}).Read(random)
		detection := fmt.Sprintf(`{"id":"a","x":"%x"}`, random)
		r := rig.New(t)
		r.Server.Script(chronicletest.Step{
			Body: rig.Compressed(t, `[{"detections":[`+detection+`]}`), Header: http.Header{"Content-Encoding": {"gzip"}},
			ChunkBytes: 50, ChunkDelay: 50 * time.Second,
		})
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, []string{detection}, p.Deliver())
		require.Len(t, r.Asked(), 1)
	})
}

// A pipeline that pushes back for an hour does not cost the connection, whether
// the server has more than is read ahead or sends it meanwhile.
func TestBackPressureIsNoSilence(t *testing.T) {
	for name, step := range map[string]chronicletest.Step{
		"all at once": {},
		"bit by bit":  {ChunkBytes: 20_000, ChunkDelay: 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				r.Server.Script(step)
				sent, _ := r.History(40, 100, 1000)
				p := r.Start(rig.Settings{"start_time": "2h", "checkpoint_limit": 100})
				batch, ack := p.Read()
				rig.Pass(time.Hour)
				require.NoError(t, ack(t.Context(), nil))
				got := append(rig.Bodies(t, batch), p.DeliverAll(len(sent)-len(batch))...)
				require.Equal(t, sent, got)
				require.Len(t, r.Asked(), 1)
			})
		})
	}
}
