package plugin

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// refuseAt is a refusal by a server whose clock is off by so much.
func refuseAt(status int, off time.Duration) chronicletest.Step {
	return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, Header: dateHeader(off)}}
}

func dateHeader(off time.Duration) http.Header {
	return http.Header{"Date": {time.Now().Add(off).UTC().Format(http.TimeFormat)}}
}

// A clock that is off shows at the token endpoint; it is set right some day.
func TestClockSkewAtTheTokenEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1, 10, 1000)
		r.server.ScriptToken(chronicletest.TokenStep{Status: 400, Body: []byte(`{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}`)})
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, sent, p.deliver())
		require.Contains(t, p.logs.String(), "in a reasonable timeframe")
		require.Contains(t, p.logs.String(), "is the clock of this machine right?")
		require.EqualValues(t, 1, p.metrics.value("chronicle_reconnects", reasonToken))
	})
}

// Our clock may be ahead of the server's. The start that a failed first attempt
// makes us remember is one by the server's clock, taken once: or it would lie in
// the server's future, or move on with every answer.
func TestClockAheadOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		begun := time.Now()
		for range 3 {
			r.server.Script(refuseAt(503, -time.Hour))
		}
		r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 4))
		corrected := rfc3339(begun.Add(-time.Hour - clockTolerance))
		require.Equal(t, []string{"", corrected, corrected, corrected}, r.asked())
	})
}

// A start that people wrote down means what it says.
func TestClockAheadLeavesAnAbsoluteStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		start := time.Now().Add(-24 * time.Hour)
		r.server.Script(refuseAt(503, -time.Hour))
		r.start(settings{"start_time": start.UTC().Format(time.RFC3339)})
		require.NoError(t, r.server.WaitForRequests(t.Context(), 2))
		pass(time.Second)
		require.Equal(t, []string{rfc3339(start), rfc3339(start)}, r.asked())
		require.Equal(t, rfc3339(start), r.stored())
	})
}

// The stream begins at the server's now. What it sends until our now, if that is
// a little later, is not missed when the first connection breaks.
func TestClockSlightlyAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		begun := time.Now()
		r.server.Script(chronicletest.Step{AfterBytes: 10, Then: chronicletest.Cut, Header: dateHeader(-1700 * time.Millisecond)})
		p := r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 1))
		r.server.AppendAt(begun.Add(-time.Second), []byte(`{"id":"de_1"}`))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.deliver())
	})
}

// A position in the server's future is refused with 400, but not for good.
func TestPositionInTheServersFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		begun := time.Now()
		r.server.ScriptToken(chronicletest.TokenStep{Status: 503})
		r.server.Script(refuseAt(400, -5*time.Minute))
		p := r.start(nil)
		require.NoError(t, r.server.WaitForRequests(t.Context(), 2))
		require.NoError(t, Failure(p.res))
		require.Equal(t, rfc3339(begun.Add(-clockTolerance)), r.asked()[0])
		require.Less(t, r.asked()[1], rfc3339(begun.Add(-5*time.Minute)))
	})
}

// Whether a position is too old is for the server's clock to say.
func TestPositionTooOldByTheServersClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1, 3, 1000)
		r.store(`{"continuation_time":"` + rfc3339(time.Now().Add(-retention+2*time.Minute)) + `"}`)
		r.server.Script(refuseAt(400, 5*time.Minute))
		p := r.start(settings{"on_unresumable_position": "oldest"})
		require.Equal(t, sent, p.deliver())
		require.Equal(t, rfc3339(time.Now().Add(6*time.Minute-retention)), r.asked()[1])
	})
}

// While no connection succeeds after a skip, the oldest time that is served
// moves on, and is skipped to again.
func TestOldestMovesOnDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		sent, _ := r.history(1, 3, 1000)
		r.store(`{"continuation_time":"` + rfc3339(time.Now().Add(-10*24*time.Hour)) + `"}`)
		r.server.Script(chronicletest.Step{}) // refused for its age by the server itself
		for range 6 {
			r.server.Script(refuseAt(503, 0))
		}
		p := r.start(settings{"on_unresumable_position": "oldest"})
		require.Equal(t, sent, p.deliver())
		require.GreaterOrEqual(t, p.metrics.value("chronicle_skipped_seconds"), (3*24*time.Hour + 3*time.Minute).Seconds())
	})
}

// A clock that is noticeably off is told of once, by how much, though everything
// works; one that is off by seconds is not.
func TestClockIsOff(t *testing.T) {
	for off, want := range map[time.Duration]int{3 * time.Minute: 1, -time.Hour: 1, time.Minute: 0} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			sent, _ := r.history(2, 3, 1000)
			r.server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut, Header: dateHeader(off)}, chronicletest.Step{Header: dateHeader(off)})
			p := r.start(settings{"start_time": "2h"})
			require.Equal(t, sent, p.deliverAll(len(sent)))
			require.Equal(t, want, strings.Count(p.logs.String(), "The clock of this machine is "))
			require.Equal(t, want, strings.Count(p.logs.String(), "The clock of this machine is "+clock{ahead: -off}.String()+". Set it"))
		})
	}
}

// A host may test the connection of a running input at any time.
func TestClockIsOffBesideAConnectionTest(t *testing.T) {
	logs := &logBuffer{}
	in := &input{log: service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(logs, nil)))}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { in.reportClock(clock{known: true, ahead: time.Hour}) })
	}
	both.Wait()
	require.Equal(t, 1, strings.Count(logs.String(), "The clock of this machine is "))
}
