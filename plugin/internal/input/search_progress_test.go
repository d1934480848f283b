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

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

var unavailable = chronicletest.Step{Refuse: &chronicletest.Refusal{Status: http.StatusServiceUnavailable}}

// The Chronicle API searches curated rules one by one. A quota that has fewer requests a
// minute than there are rules holds a search up, and neither ends it nor has it ask for
// the same again and again.
func TestSearchWithinASmallQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithSearchQuota(8))
		r.Store(positionAgo(8 * day))
		var sent []string
		const rules = 40
		begin := time.Now().Add(-8 * day)
		for i := range 3 * rules {
			at := begin.Add(time.Duration(i+1) * 10 * time.Minute)
			d := fmt.Sprintf(`{"type":"GCTI_FINDING","detection":[{"ruleId":"ur_%d"}],"createdTime":%q,"id":"de_%d"}`, i%rules, rig.RFC3339(at), i)
			r.Server.AppendAt(at, json.RawMessage(d))
			sent = append(sent, d)
		}
		p := r.Start(bySearch)
		require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
		rig.Pass(time.Hour)
		require.NotContains(t, p.Logs.String(), "giving up")
		require.EqualValues(t, len(sent), p.Metrics.Value("chronicle_detections"))
		served := 0
		for _, request := range r.Server.Searches() {
			if request.Status == http.StatusOK {
				served++
			}
		}
		// Pages of the list of rules, each rule once, and then all of them for each slice.
		require.Less(t, served, 14+rules+12*(1+rules), "what was read of a slice is not asked for again")
	})
}

// A search that gets nowhere ends like any connection, though a part of each slice can be
// read.
func TestSearchThatGetsNowhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Backstory)
		r.Store(positionAgo(31 * day))
		past(r, 1)
		curated := 0
		r.Server.ControlSearch(func(_ http.ResponseWriter, call *chronicletest.SearchCall) bool {
			if strings.HasSuffix(call.Path, "curatedRules/-/detections") {
				curated++
				call.UseStep(unavailable)
			}
			return false
		})
		p := r.Start(bySearch)
		require.ErrorContains(t, p.Ends(), "giving up after 8 failures in a row")
		require.Len(t, r.Server.Searches(), 1+curated, "what was read is not read again")
	})
}

// A process that ends behind a few short slices leaves no earlier position than it found:
// the overlap of two clocks never takes one back.
func TestSearchNeverStepsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Backstory)
		r.Store(positionAgo(31 * day))
		sent := past(r, 5)
		set := rig.Settings{
			"on_unresumable_position": "search", "max_consecutive_failures": 0,
			"backoff": map[string]any{"initial_interval": "1s", "max_interval": "1s"},
		}
		first := r.Stored()
		for range 5 {
			for range 24 { // spans of a minute
				r.Server.ScriptSearch(unavailable)
			}
			p := r.Start(set)
			rig.Pass(4 * time.Minute)
			p.Stop()
			require.GreaterOrEqual(t, r.Stored(), first)
		}
		require.ElementsMatch(t, sent, r.Start(set).DeliverAll(len(sent)))
	})
}

// Where there is no list of curated rules, what they found is left out: that is said, and
// counted, at the start.
func TestSearchWithoutCuratedRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		r.Store(positionAgo(31 * day))
		past(r, 5)
		r.Server.ScriptSearch(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: http.StatusNotFound}})
		p := r.Start(bySearch)
		p.DeliverAll(20)
		require.Contains(t, p.Logs.String(), "what curated rules detected from 1999-11-30T23:55:00.000000Z to ")
		skipped := (31-7)*day + 5*time.Minute // to where the stream begins, and the overlap
		require.InDelta(t, skipped.Seconds(), p.Metrics.Value("chronicle_skipped_seconds"), 2*time.Hour.Seconds())
	})
}
