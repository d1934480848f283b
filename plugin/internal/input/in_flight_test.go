package input_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

const oldestUnacked = "chronicle_oldest_unacked_seconds"

// flightLines are the log's lines about messages in flight, without the advice.
func flightLines(t *testing.T, p *rig.Process) (lines []string) {
	t.Helper()
	for line := range strings.Lines(p.Logs.Told(t)) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), ". What to do: ")
		if strings.Contains(line, "in flight") {
			lines = append(lines, line)
		}
	}
	return lines
}

// readTwo reads two batches. Benthos holds two more, which are in flight as well; a
// fifth one waits inside the input.
func readTwo(p *rig.Process) (settle func(error)) {
	p.T.Helper()
	_, first := p.Read()
	_, second := p.Read()
	return func(err error) {
		require.NoError(p.T, first(p.T.Context(), err))
		require.NoError(p.T, second(p.T.Context(), err))
	}
}

// An output that blocks is told of after a minute and every ten minutes, whatever it
// logs itself, and once when it takes messages again.
func TestOutputBlocks(t *testing.T) {
	for _, replay := range []bool{true, false} {
		for _, test := range []struct {
			name  string
			steps []chronicletest.Step
			ended bool
		}{
			{name: "while the stream is open"},
			{name: "while Chronicle is down", steps: []chronicletest.Step{
				{AfterElements: 5, Then: chronicletest.Cut},
				{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "3600"}},
			}},
			{name: "after the input has ended", ended: true, steps: []chronicletest.Step{
				{AfterElements: 5, Then: chronicletest.Cut},
				{Refuse: &chronicletest.Refusal{Status: 400, Message: "no"}},
			}},
		} {
			t.Run(test.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.New(t)
					r.History(5, 5, 1000)
					r.Server.Script(test.steps...)
					p := r.Start(rig.Settings{"start_time": "2h", "checkpoint_limit": 25, "auto_replay_nacks": replay})
					settle := readTwo(p)

					rig.Pass(59 * time.Second)
					require.InDelta(t, 59, p.Metrics.Value(oldestUnacked), 5)
					require.Empty(t, flightLines(t, p))
					rig.Pass(10 * time.Second)
					require.Equal(t, []string{"00:01:00 WARN  No output has taken 20 messages that are in flight, the oldest for 1m0s"}, flightLines(t, p))
					require.Contains(t, p.Logs.String(), ". What to do: look for what the output says")
					rig.Pass(24 * time.Minute)
					require.InDelta(t, 25*60+9, p.Metrics.Value(oldestUnacked), 5)
					settle(nil)
					p.DeliverAll(10)
					rig.Pass(5 * time.Second)
					require.Less(t, p.Metrics.Value(oldestUnacked), 6.0, "what waited inside the input was not handed over")
					p.DeliverAll(5)
					rig.Pass(2 * time.Minute)
					want := []string{
						"00:01:00 WARN  No output has taken 20 messages that are in flight, the oldest for 1m0s",
						"00:11:00 WARN  No output has taken 20 messages that are in flight, the oldest for 11m0s",
						"00:21:00 WARN  No output has taken 20 messages that are in flight, the oldest for 21m0s",
						"00:27:05 INFO  Nothing in flight is older than a minute any more, after 25m5s",
					}
					if test.ended {
						want = want[:3] // Benthos has closed the input.
					}
					require.Equal(t, want, flightLines(t, p))
					require.Zero(t, p.Metrics.Value(oldestUnacked))
				})
			})
		}
	}
}

// A rejection does not make a message younger. With auto_replay_nacks it stays in
// flight until an output takes it, in whatever parts; without it is dropped.
func TestRejectionsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 4, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		for range 4 {
			rig.Pass(17 * time.Second)
			_, ack := p.Read()
			require.NoError(t, ack(t.Context(), errors.New("down")))
		}
		rig.Pass(5 * time.Second)
		require.InDelta(t, 73, p.Metrics.Value(oldestUnacked), 5)
		require.Equal(t, []string{"00:01:00 WARN  No output has taken 4 messages that are in flight, the oldest for 1m0s"}, flightLines(t, p))

		// All but the first message are delivered, in whatever parts they come.
		var first service.AckFunc
		delivered := map[string]bool{}
		for first == nil || len(delivered) < len(sent)-1 {
			batch, ack := p.Read()
			switch bodies := rig.Bodies(t, batch); {
			case bodies[0] != sent[0]:
				require.NoError(t, ack(t.Context(), nil))
				for _, body := range bodies {
					delivered[body] = true
				}
			case len(bodies) > 1:
				require.NoError(t, ack(t.Context(), service.NewBatchError(batch, errors.New("bad")).Failed(0, errors.New("bad"))))
			default:
				first = ack
			}
		}
		rig.Pass(10 * time.Minute)
		require.NoError(t, first(t.Context(), nil))
		rig.Pass(2 * time.Minute)
		require.Equal(t, []string{
			"00:01:00 WARN  No output has taken 4 messages that are in flight, the oldest for 1m0s",
			"00:11:00 WARN  No output has taken 1 message that is in flight, the oldest for 11m0s",
			"00:13:10 INFO  Nothing in flight is older than a minute any more, after 11m10s",
		}, flightLines(t, p))
		require.Zero(t, p.Metrics.Value(oldestUnacked))
	})
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.History(1, 4, 1000)
		p := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": false})
		_, ack := p.Read()
		rig.Pass(50 * time.Second)
		require.NoError(t, ack(t.Context(), errors.New("down")))
		rig.Pass(time.Minute)
		require.Empty(t, flightLines(t, p))
		require.Zero(t, p.Metrics.Value(oldestUnacked))
	})
}

// An output that takes each message in less than a minute is not warned of, and
// neither is one that takes its time while the pipeline stops.
func TestNothingIsInFlightForLong(t *testing.T) {
	for _, replay := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			r.History(20, 5, 1000)
			p := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": replay})
			for range 20 {
				_, ack := p.Read()
				rig.Pass(19 * time.Second) // and twice as long within Benthos
				require.NoError(t, ack(t.Context(), nil))
			}
			rig.Pass(time.Hour)
			require.Zero(t, p.Metrics.Value(oldestUnacked))

			r.Server.Append([]byte(`{"id":"de_1"}`))
			_, ack := p.Read()
			rig.Pass(30 * time.Second)
			time.AfterFunc(50*time.Second, func() {
				if err := ack(t.Context(), nil); err != nil {
					t.Error(err)
				}
			})
			p.StopAfterAcks()
			require.Empty(t, flightLines(t, p))
		})
	}
}
