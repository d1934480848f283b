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

func isCurated(call *chronicletest.SearchCall) bool {
	return strings.Contains(call.Path, "urated") && !strings.HasSuffix(call.Path, "/curatedRules")
}

// curatedDetection is one of a curated rule.
func curatedDetection(n, rule int, at time.Time) json.RawMessage {
	return fmt.Appendf(nil, `{"type":"GCTI_FINDING","detection":[{"ruleId":"ur_%d"}],"createdTime":%q,"id":"de_%d"}`, rule, rig.RFC3339(at), n)
}

// Curated rules are asked whether they have anything in shorter spans, where the whole is
// too long.
func TestSearchOfCuratedRulesInShorterSpans(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusGatewayTimeout, http.StatusRequestTimeout} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.For(t, rig.Chronicle)
				r.Store(positionAgo(31 * day))
				begin := time.Now().Add(-31 * day)
				var sent []string
				for i := range 200 {
					at := begin.Add(time.Duration(i+1) * 3 * time.Hour)
					// 20 rules, of which some begin late.
					d := curatedDetection(i, i%(1+i/10), at)
					r.Server.AppendAt(at, d)
					sent = append(sent, string(d))
				}
				refuseSearch(r, status, func(call *chronicletest.SearchCall) bool {
					return isCurated(call) && searchSpan(call.Query) > 8*day
				})
				p := r.Start(rig.Settings{"on_unresumable_position": "search", "start_time": rig.RFC3339(begin), "end_time": rig.RFC3339(begin.Add(26 * day))})
				require.ElementsMatch(t, sent, p.DeliverAll(200))
				require.NoError(t, p.Ends())
				_, refused := answered(t, r)
				require.LessOrEqual(t, refused, 10)
				sizes := make(map[string]int)
				for _, request := range r.Server.Searches() {
					if request.Query.Get("ruleId") != "-" {
						sizes[request.Query.Get("pageSize")]++
					}
				}
				// Whether there is anything is asked for one: 20 rules in the first two windows,
				// and twice in vain. In the others a slice is as long.
				require.Equal(t, 2*20+2, sizes["1"])
				require.Len(t, sizes, 2)
				require.Positive(t, sizes["1000"])
			})
		})
	}
}

// What was too long for a while is tried again.
func TestSearchOfCuratedRulesAfterABadTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		begin := time.Now().Add(-31 * day)
		for i := range 20 {
			r.Server.AppendAt(begin.Add(time.Duration(i+1)*time.Second), curatedDetection(i, i, begin))
		}
		refuseSearch(r, http.StatusGatewayTimeout, func(call *chronicletest.SearchCall) bool {
			return isCurated(call) && call.Number < 100 && searchSpan(call.Query) > 2*time.Hour
		})
		p := r.Start(rig.Settings{"on_unresumable_position": "search", "start_time": rig.RFC3339(begin), "end_time": rig.RFC3339(begin.Add(20 * day))})
		p.DeliverAll(20)
		require.NoError(t, p.Ends())
		require.Less(t, len(r.Server.Searches()), 1500, "in windows of two hours it takes 5,000")
	})
}

// A curated rule that cannot be searched is named once, counted and left out.
func TestSearchWithoutACuratedRule(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden} {
		for name, from := range map[string]int{"from the beginning": 0, "later": 6} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.For(t, rig.Chronicle)
					begin := time.Now().Add(-9 * day)
					var sent, gone []string
					for i := range 40 {
						at := begin.Add(time.Duration(i+1) * 10 * time.Minute)
						d := curatedDetection(i, i%4, at)
						r.Server.AppendAt(at, d)
						if i%4 == 1 {
							gone = append(gone, string(d))
							continue
						}
						sent = append(sent, string(d))
					}
					asked := 0
					refuseSearch(r, status, func(call *chronicletest.SearchCall) bool {
						if call.Query.Get("ruleId") != "ur_1" {
							return false
						}
						asked++
						return asked > from
					})
					p := r.Start(rig.Settings{"on_unresumable_position": "search", "start_time": rig.RFC3339(begin), "end_time": rig.RFC3339(begin.Add(day))})
					var got []string
					for len(got) < len(sent) {
						for _, body := range p.Deliver() {
							if !strings.Contains(body, "ur_1") {
								got = append(got, body)
							}
						}
					}
					require.ElementsMatch(t, sent, got)
					require.NoError(t, p.Ends())
					require.Equal(t, 1, strings.Count(p.Logs.String(), "The curated rule ur_1 is left out of the search: "))
					require.EqualValues(t, 1, p.Metrics.Value("chronicle_skipped_rules"))
					require.Equal(t, from+3, asked, "three refusals in a row, and it is not asked again")
					require.NotEmpty(t, gone)
				})
			})
		}
	}
}

// A refusal that passes leaves no rule out: what it has found is not to be missed.
func TestSearchOfACuratedRuleThatIsRefusedForAMoment(t *testing.T) {
	for refusals := 1; refusals <= 2; refusals++ {
		for _, status := range []int{http.StatusNotFound, http.StatusForbidden} {
			t.Run(fmt.Sprint(refusals, " times ", status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.For(t, rig.Chronicle)
					begin := time.Now().Add(-9 * day)
					var sent []string
					for i := range 8 {
						at := begin.Add(time.Duration(i+1) * time.Hour)
						d := curatedDetection(i, i%2, at)
						r.Server.AppendAt(at, d)
						sent = append(sent, string(d))
					}
					refused := 0
					refuseSearch(r, status, func(call *chronicletest.SearchCall) bool {
						if call.Query.Get("ruleId") != "ur_1" || refused == refusals {
							return false
						}
						refused++
						return true
					})
					p := r.Start(rig.Settings{"on_unresumable_position": "search", "start_time": rig.RFC3339(begin), "end_time": rig.RFC3339(begin.Add(day))})
					var got []string
					for len(got) < len(sent) {
						got = append(got, p.Deliver()...)
					}
					require.ElementsMatch(t, sent, got)
					require.NoError(t, p.Ends())
					require.Equal(t, refusals, refused)
					require.NotContains(t, p.Logs.String(), "is left out of the search")
					require.Zero(t, p.Metrics.Value("chronicle_skipped_rules"))
				})
			})
		}
	}
}

// That no curated rule may be searched is not about rules, but a permission that is missing.
func TestSearchOfCuratedRulesWithoutPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		r.Store(positionAgo(8 * day))
		r.Server.AppendAt(time.Now().Add(-8*day+time.Minute), curatedDetection(1, 1, time.Now()), curatedDetection(2, 2, time.Now()))
		refuseSearch(r, http.StatusForbidden, isCurated)
		require.ErrorContains(t, r.ConnectionTest(bySearch), "403")
		p := r.Start(bySearch)
		require.ErrorContains(t, p.Ends(), "403")
		require.Zero(t, p.Metrics.Value("chronicle_skipped_rules"))
		require.NotContains(t, p.Logs.String(), "left out of the search")
	})
}

// A connection test passes where one rule cannot be searched.
func TestConnectionTestWithoutACuratedRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		r.Server.AppendAt(time.Now().Add(-day), curatedDetection(1, 1, time.Now()))
		refuseSearch(r, http.StatusForbidden, func(call *chronicletest.SearchCall) bool { return call.Query.Get("ruleId") == "ur_1" })
		require.NoError(t, r.ConnectionTest(bySearch))
	})
}
