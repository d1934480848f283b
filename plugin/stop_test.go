package plugin

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The reading ends when the pipeline begins to stop, though what is in flight
// takes its time.
func TestStopEndsTheReadingAtOnce(t *testing.T) {
	for _, replay := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			_, times := r.history(3, 10, 1000)
			p := r.start(settings{"start_time": "2h", "auto_replay_nacks": replay, "checkpoint_limit": 10})
			_, ack := p.read()
			pass(time.Second)
			require.Equal(t, 1, r.server.OpenStreams())
			time.AfterFunc(10*time.Second, func() {
				if r.server.OpenStreams() != 0 {
					t.Error("a stream is open though the pipeline is stopping")
				}
				if err := ack(context.Background(), nil); err != nil {
					t.Error(err)
				}
			})
			p.stopAfterAcks()
			require.Equal(t, times[0], r.stored(), "what was acknowledged while stopping counts")
			require.Empty(t, p.logs.above()[1:], "a stop is no failure")
		})
	}
}

// An output that is being closed nacks what it holds. That is no rejection, so
// it must not move the position either.
func TestNacksOfAStopAreNoRejections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1, 10, 1000)
		first := r.start(settings{"start_time": "2h", "auto_replay_nacks": false})
		_, ack := first.read()
		time.AfterFunc(10*time.Second, func() {
			if err := ack(context.Background(), errors.New("the output is closed")); err != nil {
				t.Error(err)
			}
		})
		first.stopAfterAcks()
		require.Zero(t, first.metrics.value("chronicle_rejected"))
		second := r.start(settings{"start_time": "2h"})
		require.Equal(t, sent, second.deliver())
	})
}

// The output may be closed before the input knows of the stop.
func TestNacksOfAClosedOutputAreNoRejections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		_, times := r.history(1, 10, 1000)
		p := r.start(settings{"start_time": "2h", "auto_replay_nacks": false})
		_, ack := p.read()
		require.NoError(t, ack(t.Context(), errors.New("type was closed")))
		pass(time.Minute)
		require.NotEqual(t, times[0], r.stored())
		require.Zero(t, p.metrics.value("chronicle_rejected"))
	})
}

// A stop does not wait for a metadata server, which the library asks with a
// client and a patience of its own.
func TestStopWhileTheMetadataServerIsSilent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	t.Setenv("GCE_METADATA_HOST", listener.Addr().String())
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
	t.Setenv("HOME", t.TempDir())
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(errStopping) })
	_, err = (&authenticator{conf: &config{scope: backstoryScope}}).fetch(ctx, &http.Client{Transport: http.DefaultTransport})
	require.ErrorIs(t, err, errStopping)
}

// A failure is logged even where Benthos asks for a connection so late that
// there is nothing left to wait for.
func TestFailureIsLoggedThoughBenthosAsksLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.history(4, 3, 1000)
		r.server.Script(
			chronicletest.Step{AfterElements: 3, Then: chronicletest.Cut},
			chronicletest.Step{AfterBytes: 10, Then: chronicletest.Stall},
		)
		p := r.start(settings{"start_time": "2h"})
		for range 3 {
			_, ack := p.read()
			defer func() { require.NoError(t, ack(t.Context(), errors.New("down"))) }()
		}
		pass(30 * time.Second)
		for _, ack := range p.unacknowledged {
			require.NoError(t, ack(t.Context(), errors.New("down")))
		}
		pass(5 * time.Minute)
		p.deliverAll(12)
		require.EqualValues(t, 1, p.metrics.value("chronicle_reconnects", reasonSilence))
		require.Contains(t, strings.Join(p.logs.above(), "\n"), "nothing was heard from the server")
	})
}

// A connection that is closed before any answer came is no stream that ended.
func TestClosedBeforeAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1, 3, 1000)
		// The token comes over the first socket, and the stream would as well.
		var sockets atomic.Int32
		r.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := r.network.DialContext(ctx, network, addr)
			if sockets.Add(1) == 1 {
				return &closesOn{conn, "streamDetectionAlerts"}, err
			}
			return conn, err
		}
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, sent, p.deliver())
		require.EqualValues(t, 1, p.metrics.value("chronicle_reconnects", reasonUnreachable))
		require.Contains(t, p.logs.String(), "opening the stream at 127.0.0.1:1: ")
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
		r := newRig(t)
		r.store(`{"continuation_time":"` + rfc3339(time.Now().Add(-72*time.Hour)) + `"}`)
		for range 5 {
			r.server.Script(refuseAt(503, 0))
		}
		p := r.start(nil)
		pass(10 * time.Second)
		require.GreaterOrEqual(t, p.metrics.value("chronicle_lag_seconds"), (72 * time.Hour).Seconds())
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.history(5, 3, 1000)
		p := r.start(settings{"start_time": "2h"})
		r.cache.fail(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 1))
		r.cache.fail(errors.New("disk full"))
		p.deliverAll(15)
		pass(time.Minute)
		require.GreaterOrEqual(t, p.metrics.value("chronicle_uncommitted_seconds"), (55 * time.Minute).Seconds())
	})
}
