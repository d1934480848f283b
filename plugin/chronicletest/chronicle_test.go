package chronicletest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const (
	instance       = "projects/p/locations/eu/instances/i"
	chroniclePath  = "/v1alpha/" + instance + "/legacy:legacyStreamDetectionAlerts"
	chronicleScope = "https://www.googleapis.com/auth/cloud-platform"
	permission     = "chronicle.legacies.legacyStreamDetectionAlerts"
)

// chronicle is c as a client of the Chronicle API.
func (c *client) chronicle() *client {
	other := *c
	other.path = chroniclePath
	return &other
}

// since is the body of a request that begins at a time.
func since(at time.Time) string { return `{"pageStartTime":"` + stamp(at) + `"}` }

func TestChronicleRefusals(t *testing.T) {
	path := func(path string) func(*client, *http.Request) {
		return func(_ *client, r *http.Request) { r.URL.Path = path }
	}
	tooOld, future := bubbleStart.Add(-168*time.Hour-time.Microsecond), bubbleStart.Add(time.Microsecond)
	for _, test := range []struct {
		name    string
		body    string
		change  func(c *client, r *http.Request)
		status  int // 0 means 400
		word    string
		message string // a part of it
	}{
		{
			name: "GET", change: func(_ *client, r *http.Request) { r.Method = http.MethodGet },
			status: 405, word: "UNIMPLEMENTED", message: "GET",
		},
		{
			name: "another method", change: path("/v1alpha/" + instance + "/legacy:legacyFetchAlertsView"),
			status: 404, word: "NOT_FOUND", message: "legacyFetchAlertsView",
		},
		{
			name: "another version", change: path("/v1" + strings.TrimPrefix(chroniclePath, "/v1alpha")),
			status: 404, word: "NOT_FOUND", message: "/v1/projects",
		},
		{
			name: "no instance", change: path("/v1alpha/projects/p/locations/eu/instances//legacy:legacyStreamDetectionAlerts"),
			status: 404, word: "NOT_FOUND", message: "instances//legacy",
		},
		{
			name: "no location", change: path("/v1alpha/projects/p/instances/i/legacy:legacyStreamDetectionAlerts"),
			status: 404, word: "NOT_FOUND", message: "p/instances",
		},
		{
			name: "no credentials", change: func(_ *client, r *http.Request) { r.Header.Del("Authorization") },
			status: 401, word: "UNAUTHENTICATED", message: "missing",
		},
		{
			name: "unknown access token", change: func(_ *client, r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
			status: 401, word: "UNAUTHENTICATED", message: "invalid authentication",
		},
		{name: "wrong scope", change: func(c *client, r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+c.server.AccessToken(streamScope))
		}, status: 403, word: "PERMISSION_DENIED", message: permission},

		{name: "not JSON", body: `{"pageToken":`, message: "JSON"},
		{name: "an array", body: `[]`, message: "object"},
		{name: "unknown field", body: `{"pageSize":1}`, message: `"pageSize"`},
		{name: "field in snake case", body: `{"page_token":"x"}`, message: `"page_token"`},
		{name: "simulated", body: `{"include_simulated_detections":false}`, message: `"include_simulated_detections"`},

		{name: "token: unknown", body: `{"pageToken":"x"}`, message: "pageToken"},
		{name: "token: empty", body: `{"pageToken":""}`, message: "pageToken"},
		{name: "token: null", body: `{"pageToken":null}`, message: "pageToken"},
		{name: "token: number", body: `{"pageToken":1}`, message: "pageToken"},
		{name: "token: unknown, beside a time", body: `{"pageToken":"x","pageStartTime":"` + stamp(bubbleStart) + `"}`, message: "pageToken"},

		{name: "start: number", body: `{"pageStartTime":5}`, message: "pageStartTime"},
		{name: "start: empty", body: `{"pageStartTime":""}`, message: "pageStartTime"},
		{name: "start: a day", body: `{"pageStartTime":"2000-01-01"}`, message: "pageStartTime"},
		{name: "start: too old", body: since(tooOld), message: "pageStartTime"},
		{name: "start: future", body: since(future), message: "pageStartTime"},
		{name: "continuation: number", body: `{"continuationTime":5}`, message: "continuationTime"},
		{name: "continuation: too old", body: from(tooOld), message: "continuationTime"},
		{name: "continuation: future", body: from(future), message: "continuationTime"},
		{
			name:    "continuation: malformed, beside a start",
			body:    `{"continuationTime":"x","pageStartTime":"` + stamp(bubbleStart) + `"}`,
			message: "continuationTime",
		},

		{name: "size: string", body: `{"detectionBatchSize":"10"}`, message: "detectionBatchSize"},
		{name: "size: 0", body: `{"detectionBatchSize":0}`, message: "detectionBatchSize"},
		{name: "size: negative", body: `{"detectionBatchSize":-1}`, message: "detectionBatchSize"},
		{name: "max: fraction", body: `{"maxDetections":1.5}`, message: "maxDetections"},
		{name: "max: 0", body: `{"maxDetections":0}`, message: "maxDetections"},
		{name: "max: negative", body: `{"maxDetections":-1}`, message: "maxDetections"},
		{name: "composite: unknown", body: `{"compositeAlertHandling":"FLATTEN"}`, message: "compositeAlertHandling"},
		{name: "composite: empty", body: `{"compositeAlertHandling":""}`, message: "compositeAlertHandling"},
		{name: "composite: number", body: `{"compositeAlertHandling":1}`, message: "compositeAlertHandling"},
		{name: "composite: null", body: `{"compositeAlertHandling":null}`, message: "compositeAlertHandling"},

		{
			name: "form: token", body: "pageToken=x", message: "pageToken",
			change: contentType("application/x-www-form-urlencoded"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				c = c.chronicle()
				r := c.request(t.Context(), test.body)
				if test.change != nil {
					test.change(c, r)
				}
				status, word := test.status, test.word
				if status == 0 {
					status, word = 400, "INVALID_ARGUMENT"
				}
				var got struct {
					Error struct {
						Code            int
						Message, Status string
					}
				}
				text := c.refused(r, status)
				if err := json.Unmarshal([]byte(text), &got); err != nil {
					t.Fatalf("parsing %q: %v", text, err)
				}
				if got.Error.Code != status || got.Error.Status != word || !strings.Contains(got.Error.Message, test.message) {
					t.Errorf("got %s", text)
				}
				if seen := c.server.Requests()[0]; seen.Status != status || (seen.API == "chronicle") != (status != 404) {
					t.Errorf("remembered %+v", seen)
				}
			})
		})
	}
}

func TestChronicleAcceptedRequests(t *testing.T) {
	const at, later = "1999-12-31T23:00:00Z", "1999-12-31T23:30:00+00:00"
	for _, test := range []struct {
		name, body string
		want       chronicletest.Request // its positions
	}{
		{"empty", "", chronicletest.Request{}},
		{"empty object", "{}", chronicletest.Request{}},
		{
			"everything but a token",
			`{"pageStartTime":"` + later + `","continuationTime":"` + at + `","detectionBatchSize":1,` +
				`"maxDetections":1,"compositeAlertHandling":"FLATTEN_EVENTS_ENTITIES"}`,
			chronicletest.Request{ContinuationTime: at, PageStartTime: later},
		},
		{"coerced", `{"detectionBatchSize":10001,"maxDetections":2147483647}`, chronicletest.Request{}},
		{"unspecified", `{"compositeAlertHandling":"COMPOSITE_ALERT_HANDLING_UNSPECIFIED"}`, chronicletest.Request{}},
		{"oldest", since(bubbleStart.Add(-168 * time.Hour)), chronicletest.Request{PageStartTime: "1999-12-25T00:00:00.000000Z"}},
		{"now", since(bubbleStart), chronicletest.Request{PageStartTime: "2000-01-01T00:00:00.000000Z"}},
		{
			"a start outranks a continuation time of any age",
			`{"continuationTime":"1990-01-01T00:00:00Z","pageStartTime":"` + at + `"}`,
			chronicletest.Request{ContinuationTime: "1990-01-01T00:00:00Z", PageStartTime: at},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				wantText(t, c.chronicle().open(test.body).text(), "[")
				got := c.server.Requests()[0]
				if got.API != "chronicle" || got.Path != chroniclePath || got.Status != 200 ||
					got.PageToken != "" || got.PageStartTime != test.want.PageStartTime ||
					got.ContinuationTime != test.want.ContinuationTime {
					t.Errorf("remembered %+v", got)
				}
			})
		})
	}
}

func TestAPIsOfRequests(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.open("")
		c.chronicle().open("")
		stray := *c
		stray.path = "/"
		stray.refused(stray.request(t.Context(), ""), 404)
		for i, want := range []string{"backstory", "chronicle", ""} {
			if got := c.server.Requests()[i].API; got != want {
				t.Errorf("request %d is for %q, want %q", i, got, want)
			}
		}
	})
}
