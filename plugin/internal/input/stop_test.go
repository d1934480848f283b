package input_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The reading ends when the pipeline begins to stop, though what is in flight
// takes its time.
func TestStopEndsTheReadingAtOnce(t *testing.T) {
	for _, replay := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			_, times := r.History(3, 10, 1000)
			p := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": replay, "checkpoint_limit": 10})
			_, ack := p.Read()
			rig.Pass(time.Second)
			require.Equal(t, 1, r.Server.OpenStreams())
			time.AfterFunc(10*time.Second, func() {
				if r.Server.OpenStreams() != 0 {
					t.Error("a stream is open though the pipeline is stopping")
				}
				if err := ack(context.Background(), nil); err != nil {
					t.Error(err)
				}
			})
			p.StopAfterAcks()
			require.Equal(t, times[0], r.Stored(), "what was acknowledged while stopping counts")
			require.Empty(t, p.Logs.Above()[2:], "a stop is no failure")
		})
	}
}

// An output that is being closed nacks what it holds. That is no rejection, so
// it must not move the position either.
func TestNacksOfAStopAreNoRejections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 10, 1000)
		first := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": false})
		_, ack := first.Read()
		time.AfterFunc(10*time.Second, func() {
			if err := ack(context.Background(), errors.New("the output is closed")); err != nil {
				t.Error(err)
			}
		})
		first.StopAfterAcks()
		require.Zero(t, first.Metrics.Value("chronicle_rejected"))
		second := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, sent, second.Deliver())
	})
}

// The pipeline may be stopping before the input knows of it, and where it is a
// resource it never does. What is rejected then waits for the stop, and the position
// with it; only where none comes was it a rejection.
func TestNacksOfAStopThatTheInputDoesNotKnow(t *testing.T) {
	for _, text := range []string{
		"type was closed",
		"context canceled",
		"message failed to reach a target destination",
		"failed to send message to http://127.0.0.1:1/: context canceled",
		"not connected to target source or sink",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			_, times := r.History(2, 10, 1000)
			p := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": false})
			_, ack := p.Read()
			require.NoError(t, ack(t.Context(), errors.New(text)))
			p.Deliver()
			rig.Pass(4 * time.Minute)
			require.Less(t, r.Stored(), times[0])
			require.Zero(t, p.Metrics.Value("chronicle_rejected"))
			rig.Pass(2 * time.Minute)
			require.Equal(t, times[1], r.Stored())
			require.EqualValues(t, 10, p.Metrics.Value("chronicle_rejected"))
			require.Contains(t, p.Logs.String(), "10 of 10 messages were rejected and are dropped: "+text)
		})
	}
}

// What was rejected by a stop is not dropped behind it.
func TestNacksOfAStopAreNotDroppedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		_, times := r.History(1, 10, 1000)
		p := r.Start(rig.Settings{"start_time": "2h", "auto_replay_nacks": false})
		_, ack := p.Read()
		require.NoError(t, ack(t.Context(), context.Canceled))
		p.StopAfterAcks()
		rig.Pass(time.Hour)
		require.Less(t, r.Stored(), times[0])
		require.Zero(t, p.Metrics.Value("chronicle_rejected"))
	})
}

// A failure is logged even where Benthos asks for a connection so late that
// there is nothing left to wait for.
func TestFailureIsLoggedThoughBenthosAsksLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.History(4, 3, 1000)
		r.Server.Script(
			chronicletest.Step{AfterElements: 3, Then: chronicletest.Cut},
			chronicletest.Step{AfterBytes: 10, Then: chronicletest.Stall},
		)
		p := r.Start(rig.Settings{"start_time": "2h"})
		for range 3 {
			_, ack := p.Read()
			defer func() { require.NoError(t, ack(t.Context(), errors.New("down"))) }()
		}
		rig.Pass(30 * time.Second)
		p.RejectAll(errors.New("down"))
		rig.Pass(5 * time.Minute)
		p.DeliverAll(12)
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", "silence"))
		require.Contains(t, strings.Join(p.Logs.Above(), "\n"), "nothing was heard from the server")
	})
}

// A connection that is closed before any answer came is no stream that ended.
func TestClosedBeforeAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 3, 1000)
		// The token comes over the first socket, and the stream would as well.
		var sockets atomic.Int32
		r.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := r.Network.DialContext(ctx, network, addr)
			if sockets.Add(1) == 1 {
				return &closesOn{conn, "streamDetectionAlerts"}, err
			}
			return conn, err
		}
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, sent, p.Deliver())
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", "unreachable"))
		require.Contains(t, p.Logs.String(), "opening the stream at 127.0.0.1:1: ")
	})
}

// closesOn is a connection that closes when certain text is written.
type closesOn struct {
	net.Conn
	text string
}

// Write implements net.Conn.
func (c *closesOn) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.text) {
		return len(p), c.Close()
	}
	return c.Conn.Write(p)
}

// The gauges speak when it matters: with Chronicle down, or the cache.
func TestGaugesWhileThingsAreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Store(`{"continuation_time":"` + rig.RFC3339(time.Now().Add(-72*time.Hour)) + `"}`)
		for range 5 {
			r.Server.Script(refuseAt(503, 0))
		}
		p := r.Start(nil)
		rig.Pass(10 * time.Second)
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_lag_seconds"), (72 * time.Hour).Seconds())
	})
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.History(5, 3, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		r.Cache.Fail(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		r.Cache.Fail(errors.New("disk full"))
		p.DeliverAll(15)
		rig.Pass(time.Minute)
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_uncommitted_seconds"), (55 * time.Minute).Seconds())
	})
}

// A stop ends whatever the input is doing, and leaves nothing: the bubble would
// fail over a goroutine that is left.
func TestStops(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []chronicletest.Step
		token []chronicletest.TokenStep
		set   rig.Settings
	}{
		{name: "reading"},
		{name: "blocked by the pipeline", set: rig.Settings{"checkpoint_limit": 1}},
		{name: "in the middle of a batch", steps: []chronicletest.Step{{AfterBytes: 5000, Then: chronicletest.Stall}}},
		{name: "in backoff", steps: []chronicletest.Step{{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "3000"}}}},
		{name: "signing in", token: []chronicletest.TokenStep{{Stall: true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				r.History(50, 10, 1000)
				r.Server.Script(test.steps...)
				r.Server.ScriptToken(test.token...)
				if test.set == nil {
					test.set = rig.Settings{}
				}
				test.set["start_time"] = "3h"
				p := r.Start(test.set)
				rig.Pass(10 * time.Second)
				begun := time.Now()
				p.Stop()
				require.Less(t, time.Since(begun), 5*time.Second)
				require.Zero(t, p.Metrics.Value("chronicle_connected"))
			})
		})
	}
}

// An output that waits before it tries again learns of a stop by the messages that it
// holds, whatever processors have made of them. Nothing else is ended by that.
func TestStopReachesOutputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		_, times := r.History(1, 3, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		batch, ack := p.Read()
		require.Len(t, batch, 3)
		batch = batch.Copy()
		rig.Pass(time.Minute)
		for _, message := range batch {
			message.SetBytes([]byte("{}"))
			select {
			case <-input.Stopping(message):
				require.Fail(t, "nobody stops yet")
			default:
			}
		}
		acked := make(chan error, 1)
		go func() {
			for _, message := range batch {
				<-input.Stopping(message)
			}
			acked <- errors.Join(batch[0].Context().Err(), ack(context.Background(), nil))
		}()
		begin := time.Now()
		p.StopAfterAcks()
		require.NoError(t, <-acked)
		require.Zero(t, time.Since(begin), "nothing waits for shutdown_timeout")
		require.Equal(t, times[0], r.Stored())
		require.Nil(t, input.Stopping(service.NewMessage(nil)), "of another input")
	})
}
