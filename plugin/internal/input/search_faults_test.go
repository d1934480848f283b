package input_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// refuseSearch makes searches that match be refused with a status.
func refuseSearch(r *rig.Rig, status int, matches func(*chronicletest.SearchCall) bool) {
	r.Server.ControlSearch(func(_ http.ResponseWriter, call *chronicletest.SearchCall) bool {
		if matches(call) {
			call.UseStep(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status}})
		}
		return false
	})
}

// searchSpan is how long the span of a search is, zero of the list of curated rules.
func searchSpan(query url.Values) time.Duration {
	at := func(names ...string) (t time.Time) {
		for _, name := range names {
			if text := query.Get(name); text != "" {
				t, _ = time.Parse(time.RFC3339, text)
			}
		}
		return t
	}
	return at("endTime", "end_time").Sub(at("startTime", "start_time"))
}

func isCurated(call *chronicletest.SearchCall) bool {
	return strings.Contains(call.Path, "urated") && !strings.HasSuffix(call.Path, "/curatedRules")
}

// answered counts the searches that were answered and those that were not, and checks that
// none was asked for again that was answered.
func answered(t *testing.T, r *rig.Rig) (ok, refused int) {
	t.Helper()
	seen := make(map[string]bool)
	for _, request := range r.Server.Searches() {
		if request.Status != http.StatusOK {
			refused++
			continue
		}
		ok++
		if strings.HasSuffix(request.Path, "/curatedRules") {
			continue // each search lists them
		}
		what := request.Path + "?" + request.Query.Encode()
		require.False(t, seen[what], "asked for again: %s", what)
		seen[what] = true
	}
	return ok, refused
}

// curatedDetection is one of a curated rule.
func curatedDetection(n, rule int, at time.Time) json.RawMessage {
	return fmt.Appendf(nil, `{"type":"GCTI_FINDING","detection":[{"ruleId":"ur_%d"}],"createdTime":%q,"id":"de_%d"}`, rule, rig.RFC3339(at), n)
}

// What was read to its end counts, though empty, and a search that comes further does not
// give up however often it fails in between.
func TestSearchOfAQuietMonthThatFailsEverySecondTime(t *testing.T) {
	for name, refusal := range map[string]chronicletest.Refusal{
		"503": {Status: http.StatusServiceUnavailable},
		"429": {Status: http.StatusTooManyRequests, RetryAfter: "1"},
		"500": {Status: http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				r.Store(positionAgo(28 * day))
				at := time.Now().Add(-8 * day)
				sent := chronicletest.NewGenerator(1).Detections(5, 1000)
				r.Server.AppendAt(at, sent...)
				r.Server.ControlSearch(func(_ http.ResponseWriter, call *chronicletest.SearchCall) bool {
					if call.Number%2 == 1 {
						call.UseStep(chronicletest.Step{Refuse: &refusal})
					}
					return false
				})
				p := r.Start(bySearch)
				require.ElementsMatch(t, rig.Texts(sent), p.DeliverAll(5))
				rig.Pass(time.Hour)
				require.NoError(t, p.Failure())
				require.Contains(t, p.Logs.String(), "and the stream goes on from")
				ok, refused := answered(t, r)
				ends := make(map[string]string) // of what was read, by method
				for _, request := range r.Server.Searches() {
					q := request.Query
					if request.Status == http.StatusOK && q.Get("endTime")+q.Get("end_time") != "" {
						require.GreaterOrEqual(t, q.Get("startTime")+q.Get("start_time"), ends[request.Path], "read again")
						ends[request.Path] = q.Get("endTime") + q.Get("end_time")
					}
				}
				require.InDelta(t, ok, refused, 1)
				require.Less(t, ok, 60)
			})
		})
	}
}

// The pages of a slice that were read survive failures: a burst is delivered whatever the
// quota.
func TestSearchOfABurst(t *testing.T) {
	for name, test := range map[string]struct {
		quota int
		every int // so manieth request is refused with 503
	}{
		"2 a minute": {quota: 2}, "10 a minute": {quota: 10}, "30 a minute": {quota: 30},
		"one in 10": {every: 10}, "one in 2": {every: 2}, "10 a minute and one in 3": {quota: 10, every: 3},
	} {
		t.Run(name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				quota := -1 // as documented
				if test.quota > 0 {
					quota = test.quota
				}
				r := rig.For(t, api, chronicletest.WithSearchQuota(quota))
				r.Store(positionAgo(8 * day))
				g := chronicletest.NewGenerator(7)
				begin := time.Now().Add(-7*day - 6*time.Hour)
				var sent []string
				for i := range 12 {
					batch := make([]json.RawMessage, 1000)
					for k := range batch {
						batch[k] = g.DetectionCreatedAt(begin.Add(time.Duration(i*1000+k)*5*time.Millisecond), 300)
					}
					r.Server.AppendAt(begin.Add(time.Duration(i+1)*5*time.Second), batch...)
					sent = append(sent, rig.Texts(batch)...)
				}
				refuseSearch(r, http.StatusServiceUnavailable, func(call *chronicletest.SearchCall) bool {
					return test.every > 0 && call.Number%test.every == 0
				})
				p := r.Start(bySearch)
				require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
				rig.Pass(time.Hour)
				require.NoError(t, p.Failure())
				require.EqualValues(t, len(sent), p.Metrics.Value("chronicle_detections"))
				ok, _ := answered(t, r)
				require.Less(t, ok, 200)
			})
		})
	}
}

// A length that works is kept: hardly a request is wasted on longer ones.
func TestSearchOfAServerThatRefusesLongSpans(t *testing.T) {
	tooLong := func(limit time.Duration) func(*chronicletest.SearchCall) bool {
		return func(call *chronicletest.SearchCall) bool { return searchSpan(call.Query) > limit }
	}
	for name, test := range map[string]struct {
		status  int
		refuses func(*chronicletest.SearchCall) bool
	}{
		"504": {http.StatusGatewayTimeout, tooLong(10 * time.Minute)},
		"408": {http.StatusRequestTimeout, tooLong(10 * time.Minute)},
		"400": {http.StatusBadRequest, tooLong(10 * time.Minute)},
		"504 of curated rules alone": {http.StatusGatewayTimeout, func(call *chronicletest.SearchCall) bool {
			return isCurated(call) && searchSpan(call.Query) > 10*time.Minute
		}},
		"504 for more than a minute": {http.StatusGatewayTimeout, tooLong(time.Minute)},
		"429 for more than an hour":  {http.StatusTooManyRequests, tooLong(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api, chronicletest.WithSearchQuota(0))
				begin := time.Now().Add(-9 * day)
				r.Store(fmt.Sprintf(`{"continuation_time":%q}`, rig.RFC3339(begin)))
				g := chronicletest.NewGenerator(7)
				var sent []string
				span := day
				if name == "504 for more than a minute" {
					span = 4 * time.Hour
				}
				for i := range int(span / time.Minute) {
					at := begin.Add(time.Duration(i)*time.Minute + time.Second)
					d := g.DetectionCreatedAt(at, 300)
					if i%10 == 0 {
						d = curatedDetection(i, i%3, at)
					}
					r.Server.AppendAt(at, d)
					sent = append(sent, string(d))
				}
				refuseSearch(r, test.status, test.refuses)
				p := r.Start(rig.Settings{"on_unresumable_position": "search", "start_time": rig.RFC3339(begin), "end_time": rig.RFC3339(begin.Add(span))})
				require.ElementsMatch(t, sent, p.DeliverAll(len(sent)))
				require.NoError(t, p.Ends())
				ok, refused := answered(t, r)
				most := 0.12
				if test.status == http.StatusTooManyRequests {
					most = 0.5 // of few requests: it takes several to tell that from a quota
				}
				t.Logf("%d of %d requests are wasted", refused, ok+refused)
				require.Less(t, float64(refused)/float64(ok+refused), most, "%d of %d requests are wasted", refused, ok+refused)
			})
		})
	}
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

// A page that times out once says nothing of the span, of which there are pages.
func TestSearchOfAPageThatTimesOut(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Store(positionAgo(8 * day))
		g := chronicletest.NewGenerator(7)
		g.Base = time.Now().Add(-7*day - 6*time.Hour)
		sent := g.Detections(4000, 300)
		r.Server.AppendAt(g.Base, sent...)
		timedOut := 0
		refuseSearch(r, http.StatusGatewayTimeout, func(call *chronicletest.SearchCall) bool {
			isPage := call.Query.Get("pageToken")+call.Query.Get("page_token") != "" && !strings.HasSuffix(call.Path, "/curatedRules")
			if isPage {
				timedOut++
			}
			return isPage && timedOut%2 == 1
		})
		p := r.Start(bySearch)
		require.ElementsMatch(t, rig.Texts(sent), p.DeliverAll(len(sent)))
		rig.Pass(time.Minute)
		answered(t, r)
		first := make(map[string]string) // page of a span, by its method, rule and beginning
		for _, request := range r.Server.Searches() {
			q := request.Query
			if q.Get("pageToken")+q.Get("page_token") == "" && q.Get("pageSize")+q.Get("page_size") == "1000" && request.Status == http.StatusOK {
				what := request.Path + q.Get("ruleId") + q.Get("startTime") + q.Get("start_time")
				require.Empty(t, first[what], "the span was divided: %v", q)
				first[what] = "read"
			}
		}
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
					require.Equal(t, from+1, asked, "it is not asked again")
					require.NotEmpty(t, gone)
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

// Page tokens that repeat, in whatever pattern, have no end: that is an error by its name,
// of detections and of the list of curated rules.
func TestSearchWithPageTokensThatRepeat(t *testing.T) {
	for cycle := 1; cycle <= 3; cycle++ {
		for _, list := range []string{"detections", "curatedRules"} {
			t.Run(fmt.Sprintf("%s, %d", list, cycle), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					api := rig.Chronicle
					r := rig.For(t, api)
					r.Store(positionAgo(8 * day))
					n := 0
					r.Server.ControlSearch(func(_ http.ResponseWriter, call *chronicletest.SearchCall) bool {
						isList := strings.HasSuffix(call.Path, "/curatedRules")
						if isList == (list == "curatedRules") {
							n++
							item := fmt.Sprintf(`{"id":"de_%d","name":"curatedRules/ur_%[1]d"}`, n)
							call.UseStep(chronicletest.Step{Body: fmt.Appendf(nil, `{%q:[%s],"nextPageToken":"t%d"}`, list, item, n%cycle)})
						}
						return false
					})
					p := r.Start(bySearch)
					require.ErrorContains(t, p.Ends(), "page token that it had answered with before")
				})
			})
		}
	}
}

// A page token that has expired begins its query anew, and nothing else.
func TestSearchWithTokensThatExpire(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		r.Store(positionAgo(8 * day))
		g := chronicletest.NewGenerator(7)
		g.Base = time.Now().Add(-7*day - 6*time.Hour)
		sent := g.Detections(5000, 300)
		r.Server.AppendAt(g.Base, sent...)
		r.Server.ControlSearch(func(_ http.ResponseWriter, call *chronicletest.SearchCall) bool {
			if call.Number%7 == 0 {
				r.Server.ExpireTokens()
			}
			return false
		})
		p := r.Start(bySearch)
		require.ElementsMatch(t, rig.Texts(sent), p.DeliverAll(len(sent)))
		require.NoError(t, p.Failure())
	})
}
