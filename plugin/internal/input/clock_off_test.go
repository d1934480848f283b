package input_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
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
		r := rig.New(t)
		sent, _ := r.History(1, 10, 1000)
		r.Server.ScriptToken(chronicletest.TokenStep{Status: 400, Body: []byte(`{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}`)})
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, sent, p.Deliver())
		require.Contains(t, p.Logs.String(), "in a reasonable timeframe")
		require.Contains(t, p.Logs.String(), "is the clock of this machine right?")
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", "token"))
	})
}

// Our clock may be ahead of the server's. The start that a failed first attempt
// makes us remember is one by the server's clock, taken once: or it would lie in
// the server's future, or move on with every answer.
func TestClockAheadOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		begun := time.Now()
		for range 3 {
			r.Server.Script(refuseAt(503, -time.Hour))
		}
		r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 4))
		corrected := rig.RFC3339(begun.Add(-time.Hour - answer.ClockTolerance))
		require.Equal(t, []string{"", corrected, corrected, corrected}, r.Asked())
	})
}

// A start that people wrote down means what it says.
func TestClockAheadLeavesAnAbsoluteStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		start := time.Now().Add(-24 * time.Hour)
		r.Server.Script(refuseAt(503, -time.Hour))
		r.Start(rig.Settings{"start_time": start.UTC().Format(time.RFC3339)})
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 2))
		rig.Pass(time.Second)
		require.Equal(t, []string{rig.RFC3339(start), rig.RFC3339(start)}, r.Asked())
		require.Equal(t, rig.RFC3339(start), r.Stored())
	})
}

// The stream begins at the server's now. What it sends until our now, if that is
// a little later, is not missed when the first connection breaks.
func TestClockSlightlyAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		begun := time.Now()
		r.Server.Script(chronicletest.Step{AfterBytes: 10, Then: chronicletest.Cut, Header: dateHeader(-1700 * time.Millisecond)})
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		r.Server.AppendAt(begun.Add(-time.Second), []byte(`{"id":"de_1"}`))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
	})
}

// A position in the server's future is refused with 400, but not for good.
func TestPositionInTheServersFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		begun := time.Now()
		r.Server.ScriptToken(chronicletest.TokenStep{Status: 503})
		r.Server.Script(refuseAt(400, -5*time.Minute))
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 2))
		require.NoError(t, p.Failure())
		require.Equal(t, rig.RFC3339(begun.Add(-answer.ClockTolerance)), r.Asked()[0])
		require.Less(t, r.Asked()[1], rig.RFC3339(begun.Add(-5*time.Minute)))
	})
}

// A position that a clock made which was ahead lies in the server's future. It is put
// right at once, whether the server refuses it or leaves out what comes until then, in a
// later process too; what is right is stored.
func TestBeginningInTheServersFuture(t *testing.T) {
	const off = time.Hour // our clock is ahead
	for name, test := range map[string]struct {
		stored time.Duration // from now, by our clock; 0 = none is
		set    rig.Settings
		ahead  time.Duration
		want   time.Duration // from the server's now
		warned bool
	}{
		"made by this clock":                    {-10 * time.Minute, nil, off, -10 * time.Minute, true},
		"made by this clock, which is right":    {30 * time.Minute, nil, 0, 0, true},
		"made by this clock, further ahead":     {90 * time.Minute, nil, off, 0, true},
		"a duration ago":                        {0, rig.Settings{"start_time": "10m"}, off, -10 * time.Minute, false},
		"a duration ago, longer than it is off": {0, rig.Settings{"start_time": "2h"}, off, -2 * time.Hour, false},
		"absolute":                              {0, rig.Settings{"start_time": "1999-12-31T23:30:00Z"}, off, 0, false},
	} {
		for answered, step := range map[string]chronicletest.Step{
			"refused": {Refuse: &chronicletest.Refusal{Status: 400}},
			"taken":   {},
		} {
			if step.Refuse != nil && test.want-test.ahead < -2*time.Hour || step.Refuse == nil && test.stored > time.Hour {
				continue // Nobody refuses what is not in the future, nor takes what the stand-in can't.
			}
			t.Run(name+", "+answered, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.New(t)
					begun := time.Now()
					header := dateHeader(-test.ahead)
					if step.Refuse != nil {
						step.Refuse.Header = header
					}
					step.Header = header
					r.Server.Script(step, chronicletest.Step{Header: header})
					if test.stored != 0 {
						r.Store(`{"continuation_time":"` + rig.RFC3339(begun.Add(test.stored)) + `"}`)
					}
					p := r.Start(test.set)
					require.NoError(t, r.Server.WaitForRequests(t.Context(), 2))
					rig.Pass(time.Second)
					want := rig.RFC3339(begun.Add(test.want - test.ahead))
					require.Equal(t, want, r.Asked()[1])
					require.Less(t, r.Gaps()[0], time.Second)
					require.Equal(t, want, r.Stored())
					require.Equal(t, test.warned, strings.Contains(p.Logs.String(), "is in the future by the server's clock"))
					require.LessOrEqual(t, strings.Count(p.Logs.String(), "The clock of this machine is "), 1)
					require.Zero(t, p.Metrics.Value("chronicle_reconnects", "refused"))
				})
			})
		}
	}
}

// Whether a position is too old is for the server's clock to say.
func TestPositionTooOldByTheServersClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 3, 1000)
		r.Store(`{"continuation_time":"` + rig.RFC3339(time.Now().Add(-chronicle.Retention+2*time.Minute)) + `"}`)
		r.Server.Script(refuseAt(400, 5*time.Minute))
		p := r.Start(rig.Settings{"on_unresumable_position": "oldest"})
		require.Equal(t, sent, p.Deliver())
		require.Equal(t, rig.RFC3339(time.Now().Add(6*time.Minute-chronicle.Retention)), r.Asked()[1])
	})
}

// While no connection succeeds after a skip, the oldest time that is served
// moves on, and is skipped to again.
func TestOldestMovesOnDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(1, 3, 1000)
		r.Store(`{"continuation_time":"` + rig.RFC3339(time.Now().Add(-10*24*time.Hour)) + `"}`)
		r.Server.Script(chronicletest.Step{}) // refused for its age by the server itself
		for range 6 {
			r.Server.Script(refuseAt(503, 0))
		}
		p := r.Start(rig.Settings{"on_unresumable_position": "oldest"})
		require.Equal(t, sent, p.Deliver())
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_skipped_seconds"), (3*24*time.Hour + 3*time.Minute).Seconds())
	})
}

// A clock that is noticeably off is told of once, by how much, though everything
// works; one that is off by seconds is not.
func TestClockIsOff(t *testing.T) {
	for off, want := range map[time.Duration]int{3 * time.Minute: 1, -time.Hour: 1, time.Minute: 0} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			sent, _ := r.History(2, 3, 1000)
			r.Server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut, Header: dateHeader(off)}, chronicletest.Step{Header: dateHeader(off)})
			p := r.Start(rig.Settings{"start_time": "2h"})
			require.Equal(t, sent, p.DeliverAll(len(sent)))
			require.Equal(t, want, strings.Count(p.Logs.String(), "The clock of this machine is "))
			require.Equal(t, want, strings.Count(p.Logs.String(), "The clock of this machine is "+answer.Clock{Ahead: -off}.String()+". Set it"))
		})
	}
}
