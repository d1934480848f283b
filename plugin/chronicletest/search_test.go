package chronicletest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const (
	searchPath    = "/v1alpha/projects/p/locations/us/instances/i/legacy:legacySearchDetections"
	curatedPath   = "/v1alpha/projects/p/locations/us/instances/i/legacy:legacySearchCuratedDetections"
	rulesPath     = "/v1alpha/projects/p/locations/us/instances/i/curatedRules"
	backstoryPath = "/v2/detect/rules/-/detections"
)

type searchAnswer struct {
	Detections, CuratedDetections []struct{ ID string }
	CuratedRules                  []struct{ Name string }
	NextPageToken                 string
	Truncated                     bool `json:"respTooLargeDetectionsTruncated"`
	Error                         struct{ Message string }
}

// search asks, and returns the status and the answer.
func (c *client) search(path string, query url.Values) (int, searchAnswer) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, c.server.URL+path+"?"+query.Encode(), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.server.AccessToken())
	resp := c.do(r)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var answer searchAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		c.t.Fatalf("%s: %v", body, err)
	}
	return resp.StatusCode, answer
}

func spanOf(from, to time.Time, more ...string) url.Values {
	q := url.Values{
		"ruleId": {"-"}, "alertState": {"ALERTING"}, "listBasis": {"CREATED_TIME"},
		"startTime": {from.Format(time.RFC3339Nano)}, "endTime": {to.Format(time.RFC3339Nano)},
	}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}

func plain(n int) (all []json.RawMessage) {
	for i := range n {
		all = append(all, fmt.Appendf(nil, `{"id":"de_%d"}`, i))
	}
	return all
}

func TestSearchIsNewestFirstAndInPages(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		at := c.server.AppendAt(time.Now().Add(-30*24*time.Hour), plain(5)...)
		var got []string
		query := spanOf(at.Add(-time.Minute), at.Add(time.Microsecond), "pageSize", "2")
		for range 3 {
			status, answer := c.search(searchPath, query)
			if status != http.StatusOK {
				t.Fatal(status, answer.Error.Message)
			}
			for _, d := range answer.Detections {
				got = append(got, d.ID)
			}
			query.Set("pageToken", answer.NextPageToken)
		}
		if fmt.Sprint(got) != "[de_4 de_3 de_2 de_1 de_0]" || query.Get("pageToken") != "" {
			t.Error(got, query)
		}
		// The start is inclusive, the end is not.
		if _, answer := c.search(searchPath, spanOf(at.Add(-time.Microsecond), at)); len(answer.Detections) != 1 || answer.Detections[0].ID != "de_3" {
			t.Error(answer)
		}
		if len(c.server.Searches()) != 4 || len(c.server.Requests()) != 0 {
			t.Error("searches and streams are not told apart")
		}
	})
}

func TestSearchTruncates(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		at := c.server.AppendAt(time.Now().Add(-time.Hour), plain(10)...)
		_, answer := c.search(searchPath, spanOf(at.Add(-time.Second), at.Add(time.Second)))
		if len(answer.Detections) != 3 || !answer.Truncated || answer.NextPageToken != "" {
			t.Errorf("%+v", answer)
		}
	}, chronicletest.WithSearchBytes(45))
}

func TestSearchOfCuratedRules(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		var all []json.RawMessage
		for i := range 5 {
			all = append(all, fmt.Appendf(nil, `{"type":"GCTI_FINDING","id":"de_%d","detection":[{"ruleId":"ur_%d"}]}`, i, i))
		}
		at := c.server.AppendAt(time.Now().Add(-time.Hour), all...)
		span := func(rule string) url.Values {
			return spanOf(at.Add(-time.Second), at.Add(time.Second), "ruleId", rule)
		}
		if _, answer := c.search(searchPath, span("-")); len(answer.Detections) != 0 {
			t.Error("curated detections among the others")
		}
		if _, answer := c.search(curatedPath, span("-")); len(answer.CuratedDetections) != 0 {
			t.Error("more than one curated rule in a request")
		}
		if _, answer := c.search(curatedPath, span("ur_3")); len(answer.CuratedDetections) != 1 || answer.CuratedDetections[0].ID != "de_3" {
			t.Errorf("%+v", answer)
		}
		_, first := c.search(rulesPath, nil)
		_, second := c.search(rulesPath, url.Values{"pageToken": {first.NextPageToken}})
		if len(first.CuratedRules)+len(second.CuratedRules) != 5 || second.NextPageToken != "" {
			t.Errorf("%+v %+v", first, second)
		}
	})
}

func TestSearchRefusals(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		now := time.Now()
		at := c.server.AppendAt(now.Add(-time.Hour), plain(5)...)
		good := spanOf(at.Add(-time.Second), at.Add(time.Second), "pageSize", "1")
		_, answer := c.search(searchPath, good)
		good.Set("pageToken", answer.NextPageToken)
		if status, _ := c.search(searchPath, good); status != http.StatusOK {
			t.Error(status)
		}
		c.server.ExpireTokens()
		for name, query := range map[string]url.Values{
			"token": good, "span": spanOf(now, now), "name": spanOf(at, now, "x", "y"), "basis": spanOf(at, now, "listBasis", "?"),
			"rule": spanOf(at, now, "ruleId", ""), "time": spanOf(at, now, "startTime", "yesterday"),
		} {
			if status, _ := c.search(searchPath, query); status != http.StatusBadRequest {
				t.Error(name, status)
			}
		}
		c.server.ScriptSearch(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		if status, _ := c.search(searchPath, spanOf(at, now)); status != http.StatusServiceUnavailable {
			t.Error(status)
		}
	})
}

func TestSearchQuotaAndPermission(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		query := url.Values{"list_basis": {"CREATED_TIME"}, "start_time": {"2025-01-01T00:00:00Z"}, "end_time": {"2025-01-02T00:00:00Z"}}
		for i := range 11 {
			status, _ := c.search(backstoryPath, query)
			if (status == http.StatusTooManyRequests) != (i == 10) {
				t.Error(i, status)
			}
		}
		time.Sleep(time.Minute)
		if status, _ := c.search(backstoryPath, query); status != http.StatusOK {
			t.Error(status)
		}
	})
	bubble(t, func(t *testing.T, c *client) {
		if status, answer := c.search(searchPath, nil); status != http.StatusForbidden {
			t.Error(status, answer)
		}
	}, chronicletest.WithoutSearchPermission())
}

func TestControlSearch(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		at := c.server.AppendAt(time.Now().Add(-time.Hour), plain(5)...)
		var numbers []int
		remove := c.server.ControlSearch(func(w http.ResponseWriter, call *chronicletest.SearchCall) bool {
			numbers = append(numbers, call.Number)
			switch call.Query.Get("ruleId") {
			case "ur_gone":
				w.WriteHeader(http.StatusNotFound)
				return true
			case "ru_busy":
				call.UseStep(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: http.StatusServiceUnavailable}})
			}
			return false
		})
		c.server.ScriptSearch(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: http.StatusConflict}})
		for rule, want := range map[string]int{"ur_gone": http.StatusNotFound, "ru_busy": http.StatusServiceUnavailable} {
			r, err := http.NewRequest(http.MethodGet, c.server.URL+searchPath+"?"+spanOf(at, at.Add(time.Second), "ruleId", rule).Encode(), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+c.server.AccessToken())
			resp := c.do(r)
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Error(rule, resp.StatusCode)
			}
		}
		if status, _ := c.search(searchPath, spanOf(at, at.Add(time.Second))); status != http.StatusConflict {
			t.Error("the script is used up", status)
		}
		remove()
		if status, _ := c.search(searchPath, spanOf(at, at.Add(time.Second))); status != http.StatusOK {
			t.Error(status)
		}
		if fmt.Sprint(numbers) != "[1 2 3]" || len(c.server.Searches()) != 4 {
			t.Error(numbers, len(c.server.Searches()))
		}
	})
}
