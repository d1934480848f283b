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
