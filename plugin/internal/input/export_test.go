package input_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// serverClock sets the server's clock back by so much, as it shows in its answers to
// searches, and has them find nothing that is in its future.
func serverClock(r *rig.Rig, behind time.Duration) {
	r.Server.ControlSearch(func(w http.ResponseWriter, call *chronicletest.SearchCall) bool {
		w.Header().Set("Date", call.Time.Add(-behind).UTC().Format(http.TimeFormat))
		return false
	})
}

// Our clock is off. What is meant by a duration ago is told by the server's clock, and
// nothing is stored that lies in its future: what the first export cannot have, the second
// has.
func TestExportByTheServersClock(t *testing.T) {
	for _, behind := range []time.Duration{time.Hour, -time.Hour, 26 * time.Hour} {
		t.Run(fmt.Sprint(behind), func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				serverClock(r, behind)
				now := func() time.Time { return time.Now().Add(-behind) } // the server's
				var sent []string
				send := func(at time.Time) {
					d := chronicletest.NewGenerator(uint64(len(sent))).DetectionCreatedAt(at, 300)
					r.Server.AppendAt(at, d)
					sent = append(sent, string(d))
				}
				send(now().Add(-time.Hour))
				send(now().Add(-6 * time.Minute))
				set := rig.Settings{"start_time": "72h", "end_time": "5m"}
				end := now().Add(-5 * time.Minute)
				p := r.Start(set)
				require.ElementsMatch(t, sent, p.DeliverAll(2))
				require.NoError(t, p.Ends())
				p.StopAfterAcks()
				require.Equal(t, rig.RFC3339(end), r.Stored())

				send(now().Add(-4 * time.Minute))
				rig.Pass(time.Until(time.Now().Truncate(time.Minute).Add(10 * time.Minute))) // Date has seconds
				end = now().Add(-5 * time.Minute)
				p = r.Start(set)
				require.Equal(t, sent[2:], p.DeliverAll(1))
				require.NoError(t, p.Ends())
				p.StopAfterAcks()
				require.Equal(t, rig.RFC3339(end), r.Stored())
			})
		})
	}
}

// An end that was written down means what it says, but nothing is complete in the server's
// future.
func TestExportToAnEndInTheServersFuture(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		serverClock(r, time.Hour)
		set := rig.Settings{"start_time": "72h", "end_time": rig.RFC3339(time.Now().Add(-5 * time.Minute))}
		end := rig.RFC3339(time.Now().Add(-time.Hour))
		p := r.Start(set)
		require.NoError(t, p.Ends())
		p.StopAfterAcks()
		require.NoError(t, p.Failure())
		require.Equal(t, end, r.Stored())
		require.Contains(t, p.Logs.String(), "is in the server's future: reading ends at its present")

		at := time.Now().Add(-30 * time.Minute)
		d := chronicletest.NewGenerator(1).DetectionCreatedAt(at, 300)
		r.Server.AppendAt(at, d)
		rig.Pass(2 * time.Hour)
		p = r.Start(set)
		require.Equal(t, []string{string(d)}, p.DeliverAll(1))
		require.NoError(t, p.Ends())
		p.StopAfterAcks()
		require.Equal(t, set["end_time"], r.Stored())
	})
}

// An export that is stopped before its end has failed, and says how to go on.
func TestExportInterrupted(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		sent := past(r, 5)
		set := rig.Settings{"on_unresumable_position": "search", "start_time": "744h", "end_time": "1h"}
		p := r.Start(set)
		got := p.DeliverAll(len(sent) / 2)
		rig.Pass(time.Second)
		p.Stop()
		require.ErrorContains(t, p.Failure(), "is incomplete, since it was interrupted: run the same command again to go on from "+r.Stored())
		require.Contains(t, p.Logs.String(), "is incomplete")

		p = r.Start(set)
		got = append(got, p.DeliverAll(1)...)
		for !containsAll(got, sent) {
			got = append(got, p.Deliver()...)
		}
		require.NoError(t, p.Ends())
		p.StopAfterAcks()
		require.NoError(t, p.Failure())

		// What is new up to the new end.
		more := chronicletest.NewGenerator(99).Detections(3, 300)
		r.Server.AppendAt(time.Now().Add(-30*time.Minute), more...)
		rig.Pass(time.Hour)
		p = r.Start(set)
		require.ElementsMatch(t, rig.Texts(more), p.DeliverAll(3))
		require.NoError(t, p.Ends())
	})
}

// Whatever was read, an export is complete only when all of it is delivered.
func TestExportInterruptedBehindItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		r.Server.AppendAt(time.Now().Add(-2*time.Hour), json.RawMessage(`{"id":"de_1"}`))
		set := rig.Settings{"start_time": "3h", "end_time": "1h"}
		p := r.Start(set)
		p.Read()
		rig.Pass(time.Second)
		require.Contains(t, p.Logs.String(), "is read: 1 detections")
		p.Stop()
		require.ErrorContains(t, p.Failure(), "is incomplete, since it was interrupted")
	})
}

func TestExportInterruptedWithoutAStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		past(r, 5)
		p := r.Start(rig.Settings{"on_unresumable_position": "search", "start_time": "744h", "end_time": "1h", "checkpoint_cache": ""})
		p.DeliverAll(5)
		p.Stop()
		require.ErrorContains(t, p.Failure(), "no position is stored, so the same command begins anew")
	})
}

// An export that gives up is incomplete as well. One that never began is not.
func TestExportThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		set := rig.Settings{"start_time": "72h", "end_time": "48h"}
		refuseSearch(r, http.StatusBadRequest, func(*chronicletest.SearchCall) bool { return true })
		p := r.Start(set)
		err := p.Ends()
		require.ErrorContains(t, err, "is incomplete: ")
		require.ErrorContains(t, err, "the server answered 400")
		p.StopAfterAcks()
		require.Equal(t, 1, strings.Count(p.Failure().Error(), "incomplete"))
		require.Error(t, r.ConnectionTest(set))
	})
}

// An export has ended for good: whoever connects once more gets nothing else.
func TestExportEndsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		set := rig.Settings{"start_time": "3h", "end_time": "1h"}
		p := r.Start(set)
		require.NoError(t, p.Ends())
		searches := len(r.Server.Searches())
		require.ErrorIs(t, p.Plugin.Connect(t.Context()), service.ErrEndOfInput)
		require.NotContains(t, p.Logs.String(), "Nothing is left to read")
		require.Len(t, r.Server.Searches(), searches)
	})
}
