package chronicletest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestRefusals(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		name    string
		body    string
		change  func(c *client, r *http.Request)
		status  int
		word    string
		message string // a part of it
	}{
		{
			name: "GET", change: func(_ *client, r *http.Request) { r.Method = http.MethodGet },
			status: 405, word: "UNIMPLEMENTED", message: "GET",
		},
		{
			name: "wrong path", change: func(_ *client, r *http.Request) { r.URL.Path = "/v1/detect/rules" },
			status: 404, word: "NOT_FOUND", message: "/v1/detect/rules",
		},
		{
			name: "no credentials", change: func(_ *client, r *http.Request) { r.Header.Del("Authorization") },
			status: 401, word: "UNAUTHENTICATED", message: "missing",
		},
		{
			name: "other credentials", change: func(_ *client, r *http.Request) { r.SetBasicAuth("a", "b") },
			status: 401, word: "UNAUTHENTICATED", message: "missing",
		},
		{
			name: "unknown token", change: func(_ *client, r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
			status: 401, word: "UNAUTHENTICATED", message: "invalid authentication",
		},
		{
			name: "revoked token", change: func(c *client, _ *http.Request) { c.server.RevokeTokens() },
			status: 401, word: "UNAUTHENTICATED", message: "invalid authentication",
		},
		{
			name: "token of a former key", change: func(c *client, _ *http.Request) { c.server.RotateKey() },
			status: 401, word: "UNAUTHENTICATED", message: "invalid authentication",
		},
		{
			name: "expired token", change: func(*client, *http.Request) { time.Sleep(time.Hour) },
			status: 401, word: "UNAUTHENTICATED", message: "invalid authentication",
		},
		{name: "wrong scope", change: func(c *client, r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+c.server.AccessToken("https://www.googleapis.com/auth/cloud-platform"))
		}, status: 403, word: "PERMISSION_DENIED", message: "scopes"},

		{name: "not JSON", body: `{"continuationTime":`, status: 400, message: "JSON"},
		{name: "more than JSON", body: `{} {}`, status: 400, message: "JSON"},
		{name: "an array", body: `[]`, status: 400, message: "object"},
		{name: "null", body: `null`, status: 400, message: "object"},
		{name: "unknown field", body: `{"pageSize":1}`, status: 400, message: `"pageSize"`},
		{name: "field in another case", body: `{"continuationtime":"2025-01-01T00:00:00Z"}`, status: 400, message: `"continuationtime"`},
		{name: "time: number", body: `{"continuationTime":5}`, status: 400, message: "continuationTime"},
		{name: "time: null", body: `{"continuationTime":null}`, status: 400, message: "continuationTime"},
		{name: "time: empty", body: `{"continuationTime":""}`, status: 400, message: "continuationTime"},
		{name: "time: a day", body: `{"continuationTime":"2000-01-01"}`, status: 400, message: "continuationTime"},
		{name: "time: too old", body: from(bubbleStart.Add(-168*time.Hour - time.Microsecond)), status: 400, message: "continuationTime"},
		{name: "time: future", body: from(bubbleStart.Add(time.Microsecond)), status: 400, message: "continuationTime"},
		{name: "simulated: string", body: `{"include_simulated_detections":"true"}`, status: 400, message: "include_simulated_detections"},
		{name: "simulated: number", body: `{"include_simulated_detections":1}`, status: 400, message: "include_simulated_detections"},
		{name: "size: string", body: `{"detectionBatchSize":"10"}`, status: 400, message: "detectionBatchSize"},
		{name: "size: fraction", body: `{"detectionBatchSize":1.5}`, status: 400, message: "detectionBatchSize"},
		{name: "size: 0", body: `{"detectionBatchSize":0}`, status: 400, message: "detectionBatchSize"},
		{name: "size: negative", body: `{"detectionBatchSize":-1}`, status: 400, message: "detectionBatchSize"},
		{name: "size: too large", body: `{"detectionBatchSize":10001}`, status: 400, message: "detectionBatchSize"},
		{name: "too long", body: `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, status: 400, message: "1048576"},

		{name: "form: unknown field", body: "pageSize=1", change: contentType(form), status: 400, message: `"pageSize"`},
		{name: "form: twice", body: "detectionBatchSize=1&detectionBatchSize=2", change: contentType(form), status: 400, message: "detectionBatchSize"},
		{name: "form: time", body: "continuationTime=yesterday", change: contentType(form), status: 400, message: "continuationTime"},
		{name: "form: simulated", body: "include_simulated_detections=maybe", change: contentType(form), status: 400, message: "include_simulated_detections"},
		{name: "form: escape", body: "a=%zz", change: contentType(form), status: 400, message: "form"},
		{name: "JSON declared as a form", body: `{"detectionBatchSize":1}`, change: contentType(form), status: 400, message: "detectionBatchSize"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				r := c.request(t.Context(), test.body)
				if test.change != nil {
					test.change(c, r)
				}
				var got struct {
					Error struct {
						Code            int
						Message, Status string
					}
				}
				text := c.refused(r, test.status)
				if err := json.Unmarshal([]byte(text), &got); err != nil {
					t.Fatalf("parsing %q: %v", text, err)
				}
				word := test.word
				if word == "" {
					word = "INVALID_ARGUMENT"
				}
				if got.Error.Code != test.status || got.Error.Status != word || !strings.Contains(got.Error.Message, test.message) {
					t.Errorf("got %s", text)
				}
				all := c.server.Requests()
				if len(all) != 1 || all[0].Status != test.status || all[0].Method != r.Method || all[0].Path != r.URL.Path {
					t.Errorf("remembered %+v", all)
				}
				if n := c.server.OpenStreams(); n != 0 {
					t.Errorf("%d streams are open", n)
				}
			})
		})
	}
}

// bubbleStart is when the clock of every bubble begins.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func contentType(value string) func(*client, *http.Request) {
	return func(_ *client, r *http.Request) { r.Header.Set("Content-Type", value) }
}

func TestAcceptedRequests(t *testing.T) {
	for _, test := range []struct{ name, contentType, body, continuationTime string }{
		{name: "empty"},
		{name: "empty object", contentType: "application/json", body: " {} "},
		{
			name: "JSON", contentType: "application/json; charset=utf-8",
			body:             `{"continuationTime":"1999-12-31T23:00:00+01:00","include_simulated_detections":true,"detectionBatchSize":10000}`,
			continuationTime: "1999-12-31T23:00:00+01:00",
		},
		{
			name: "form", contentType: "application/x-www-form-urlencoded",
			body:             "continuationTime=1999-12-31T23%3A00%3A00Z&include_simulated_detections=false&detectionBatchSize=1",
			continuationTime: "1999-12-31T23:00:00Z",
		},
		{name: "oldest", body: from(bubbleStart.Add(-168 * time.Hour)), continuationTime: "1999-12-25T00:00:00.000000Z"},
		{name: "now", body: from(bubbleStart), continuationTime: "2000-01-01T00:00:00.000000Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				r := c.request(t.Context(), test.body)
				contentType(test.contentType)(c, r)
				resp := c.do(r)
				defer resp.Body.Close()
				got := c.server.Requests()[0]
				if resp.StatusCode != 200 || got.Status != 200 || got.ContinuationTime != test.continuationTime {
					t.Errorf("got %d, remembered %+v", resp.StatusCode, got)
				}
				if string(got.Body) != test.body || got.Proto != "HTTP/1.1" || !got.Time.Equal(bubbleStart) {
					t.Errorf("remembered %+v", got)
				}
				if secret := got.Header.Get("Authorization"); secret != "Bearer [redacted]" {
					t.Errorf("remembered %q", secret)
				}
			})
		})
	}
}

func TestPositionsGivenOutAreNeverInTheFuture(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		// In the same instant, so that the second one's time is moved ahead.
		c.server.Append(raw(`1`)...)
		at := c.server.Append(raw(`2`, `3`)...)
		if !at.After(time.Now()) {
			t.Fatalf("%s is not ahead", at)
		}
		wantText(t, c.open(from(at)).text(), "[")
		c.refused(c.request(t.Context(), from(at.Add(time.Microsecond))), 400)
	})
}

func TestRetention(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		at := c.server.Append(raw(`1`)...)
		time.Sleep(time.Hour)
		c.open(from(at))
		time.Sleep(time.Nanosecond)
		text := c.refused(c.request(t.Context(), from(at)), 400)
		if !strings.Contains(text, "1h0m0s ago") {
			t.Errorf("got %s", text)
		}
	}, chronicletest.WithRetention(time.Hour))
}

func TestMaxStreams(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		open := make([]*tap, 10)
		for i := range open {
			open[i] = c.open("")
		}
		if n := c.server.OpenStreams(); n != 10 {
			t.Fatalf("%d streams are open", n)
		}
		text := c.refused(c.request(t.Context(), ""), 429)
		if !strings.Contains(text, "RESOURCE_EXHAUSTED") {
			t.Errorf("got %s", text)
		}
		open[3].close()
		synctest.Wait()
		if n := c.server.OpenStreams(); n != 9 {
			t.Fatalf("%d streams are open", n)
		}
		c.open("")
	})
	bubble(t, func(t *testing.T, c *client) {
		c.open("")
		c.refused(c.request(t.Context(), ""), 429)
	}, chronicletest.WithMaxStreams(1))
}

func TestOpenStreamOutlivesItsToken(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		c.server.RevokeTokens()
		c.server.RotateKey()
		time.Sleep(2 * time.Hour)
		at := c.server.Append(raw(`1`)...)
		if got := stream.text(); !strings.HasSuffix(got, batch(at, `1`)) {
			t.Errorf("got %q", got)
		}
	})
}

func TestClientThatBreaksOff(t *testing.T) {
	c := loopback(t)
	r := c.request(t.Context(), "")
	body, broken := io.Pipe()
	r.Body, r.ContentLength = body, -1
	broken.CloseWithError(io.ErrUnexpectedEOF)
	if resp, err := c.http.Do(r); err == nil {
		resp.Body.Close()
		t.Fatalf("got %s", resp.Status)
	}
	if all := c.server.Requests(); len(all) != 0 {
		t.Errorf("remembered %+v", all)
	}
}
