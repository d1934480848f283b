package input_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

const day = 24 * time.Hour

// past appends a history of 30 days, a batch every 16 hours, and returns the bodies.
func past(r *rig.Rig, detections int) (sent []string) {
	g := chronicletest.NewGenerator(7)
	for at := time.Now().Add(-30 * day); time.Since(at) > time.Hour; at = at.Add(16 * time.Hour) {
		batch := make([]json.RawMessage, detections)
		for i := range batch {
			batch[i] = g.DetectionCreatedAt(at.Add(time.Duration(i)*time.Microsecond), 1000)
		}
		r.Server.AppendAt(at.Add(time.Millisecond), batch...)
		sent = append(sent, rig.Texts(batch)...)
	}
	return sent
}

func positionAgo(d time.Duration) string {
	return fmt.Sprintf(`{"continuation_time":%q}`, rig.RFC3339(time.Now().Add(-d)))
}

var bySearch = rig.Settings{"on_unresumable_position": "search"}

// What is older than the stream reaches comes by search, and what is not by the
// stream, each once.
func TestSearchThenStream(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Store(positionAgo(31 * day))
		sent := past(r, 5)
		require.NoError(t, r.ConnectionTest(bySearch))
		rig.Pass(time.Minute)
		p := r.Start(bySearch)
		sources := make(map[string]float64)
		var got []string
		for len(got) < len(sent) {
			batch, ack := p.Read()
			require.NoError(t, ack(t.Context(), nil))
			for _, m := range batch {
				source, _ := m.MetaGet("chronicle_source")
				sources[source]++
			}
			got = append(got, rig.Bodies(t, batch)...)
		}
		require.ElementsMatch(t, sent, got)
		rig.Pass(time.Minute)
		found := p.Metrics.Value("chronicle_searched_detections")
		require.Equal(t, map[string]float64{"search": found, "stream": float64(len(sent)) - found}, sources)
		require.Less(t, p.Metrics.Value("chronicle_searched_detections"), p.Metrics.Value("chronicle_detections"))
		require.Greater(t, p.Metrics.Value("chronicle_searched_detections"), 0.7*float64(len(sent)))
		require.EqualValues(t, len(sent), p.Metrics.Value("chronicle_detections"))
		require.Contains(t, p.Logs.String(), "is read by search: it finds what rules detected")
		require.Contains(t, p.Logs.String(), "and the stream goes on from")
		for _, request := range r.Server.Searches() {
			require.Equal(t, 200, request.Status, "never faster than the quotas")
		}
		more := chronicletest.NewGenerator(8).Detections(3, 1000)
		r.Server.Append(more...)
		require.Equal(t, rig.Texts(more), p.DeliverAll(3))
	})
}

// A position of 30 days ago, three kills and the stream: nothing is lost, and what
// was acknowledged long before a kill does not come again.
func TestSearchSurvivesKills(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Store(positionAgo(31 * day))
		sent := past(r, 5)
		var got []string
		for range 3 {
			p := r.Start(bySearch)
			got = append(got, p.DeliverAll(len(sent)/5)...)
			rig.Pass(time.Second)
			p.Read() // and never acknowledges it
			p.Stop()
		}
		p := r.Start(bySearch)
		for !containsAll(got, sent) {
			got = append(got, p.Deliver()...)
		}
		require.Less(t, len(got), len(sent)+60, "a kill repeats a slice or so")
	})
}

func containsAll(got, sent []string) bool {
	had := make(map[string]bool)
	for _, body := range got {
		had[body] = true
	}
	return !slices.ContainsFunc(sent, func(body string) bool { return !had[body] })
}

// At the seam creation times and positions are those of two machines' clocks.
func TestSearchSeamOfTwoClocks(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api, chronicletest.WithCreationSkew(4*time.Minute))
		r.Store(positionAgo(8 * day))
		g := chronicletest.NewGenerator(7)
		var sent []string
		// Dense around where the search ends and the stream begins.
		for at := time.Now().Add(-7*day - time.Hour); time.Since(at) > 7*day-3*time.Hour; at = at.Add(20 * time.Second) {
			d := g.DetectionCreatedAt(at, 1000)
			r.Server.AppendAt(at, d)
			sent = append(sent, string(d))
		}
		p := r.Start(bySearch)
		require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
		rig.Pass(10 * time.Minute)
		require.EqualValues(t, len(sent), p.Metrics.Value("chronicle_detections"), "none twice")
		require.Positive(t, p.Metrics.Value("chronicle_duplicates_dropped"), "the two overlap")
	})
}

// Detections of a stream whose position got too old within the process, as in an
// outage of 20 days, are searched from before that position, and none comes twice.
func TestSearchAfterALongOutage(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		first := chronicletest.NewGenerator(1).Detections(4, 1000)
		r.Server.AppendAt(time.Now().Add(-time.Minute), first...)
		set := rig.Settings{"on_unresumable_position": "search", "start_time": "1h", "max_consecutive_failures": 0, "backoff": map[string]any{"initial_interval": "30m", "max_interval": "30m"}}
		r.Server.Script(chronicletest.Step{Then: chronicletest.Cut, AfterElements: 1})
		p := r.Start(set)
		require.Equal(t, rig.Texts(first), p.DeliverAll(4))

		down := r.Server.Control(func(w http.ResponseWriter, _ *chronicletest.StreamCall) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		})
		var sent []string
		g := chronicletest.NewGenerator(2)
		for range 20 {
			rig.Pass(day)
			more := g.Detections(3, 1000)
			r.Server.Append(more...)
			sent = append(sent, rig.Texts(more)...)
		}
		down()
		require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
		rig.Pass(10 * time.Minute)
		require.EqualValues(t, len(sent)+4, p.Metrics.Value("chronicle_detections"))
	})
}

// 10,000 detections within a minute do not fit at once; nor what one instant has.
func TestSearchOfDenseSpans(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api, chronicletest.WithSearchBytes(300_000))
		r.Store(positionAgo(20 * day))
		g := chronicletest.NewGenerator(7)
		g.Base = time.Now().Add(-15 * day)
		var sent []string
		for i := range 20 {
			batch := g.Detections(600, 1000)
			r.Server.AppendAt(time.Now().Add(-15*day+time.Duration(i)*3*time.Second), batch...)
			sent = append(sent, rig.Texts(batch)...)
		}
		p := r.Start(bySearch)
		require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
		rig.Pass(10 * time.Minute)
		require.EqualValues(t, len(sent), p.Metrics.Value("chronicle_detections"))
	})
}

// A slice that goes wrong in any way is asked again.
func TestSearchFailures(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Store(positionAgo(31 * day))
		sent := past(r, 5)
		refuse := func(status int, after string) chronicletest.Step {
			return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, RetryAfter: after}}
		}
		for i := range 12 {
			r.Server.ScriptSearch(make([]chronicletest.Step, 9)...) // served as usual
			r.Server.ScriptSearch([]chronicletest.Step{
				refuse(503, ""), refuse(429, "7"), refuse(401, ""), refuse(400, ""),
				{Then: chronicletest.Cut, AfterBytes: 1500},
				{Then: chronicletest.End, AfterBytes: 1500},
				{Body: []byte("<html>sign in</html>")},
				{Body: []byte(`{"error":{"code":503,"status":"UNAVAILABLE","message":"later"}}`)},
				{Body: []byte(`{"detectionList":[{"id":"de_x"}]}`)},
				{Then: chronicletest.Stall, AfterBytes: 100},
			}[i%10])
		}
		p := r.Start(rig.Settings{"on_unresumable_position": "search", "max_consecutive_failures": 0})
		require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
		rig.Pass(10 * time.Minute)
		require.EqualValues(t, len(sent), p.Metrics.Value("chronicle_detections"))
	})
}

// An export of a span ends in good order, and a second run has nothing to do.
func TestSearchUpToAnEnd(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		sent := past(r, 5)
		set := rig.Settings{"on_unresumable_position": "search", "start_time": "744h", "end_time": rig.RFC3339(time.Now())}
		p := r.Start(set)
		require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
		require.NoError(t, p.Ends())
		require.Contains(t, p.Logs.String(), fmt.Sprintf("is read: %d detections", len(sent)))
		p.StopAfterAcks()
		require.Empty(t, r.Server.Requests(), "no stream")
		require.Equal(t, set["end_time"], r.Stored())

		searches := len(r.Server.Searches())
		p = r.Start(set)
		require.NoError(t, p.Ends())
		require.Contains(t, p.Logs.String(), "Nothing is left to read")
		require.Len(t, r.Server.Searches(), searches)
	})
}

// A permission that is missing says what to do.
func TestSearchWithoutPermission(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api, chronicletest.WithoutSearchPermission())
		r.Store(positionAgo(31 * day))
		past(r, 1)
		require.ErrorContains(t, r.ConnectionTest(bySearch), "403")
		require.NoError(t, r.ConnectionTest(nil), "it is not needed")
		p := r.Start(bySearch)
		err := p.Ends()
		require.ErrorContains(t, err, "403")
		if api["api"] == "chronicle" {
			require.ErrorContains(t, err, "chronicle.curatedRules.list")
		}
	})
}
