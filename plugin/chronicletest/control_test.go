package chronicletest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A control function sees whatever comes, as it will be recorded and as it is.
func TestControlSeesEveryRequest(t *testing.T) {
	for _, test := range []struct {
		name   string
		body   string
		change func(r *http.Request)
		api    string
		status int
	}{
		{name: "good", body: from(bubbleStart), api: "backstory", status: 200},
		{
			name: "the other API", body: since(bubbleStart), api: "chronicle", status: 200,
			change: func(r *http.Request) { r.URL.Path = chroniclePath },
		},
		{name: "wrong path", status: 404, change: func(r *http.Request) { r.URL.Path = "/" }},
		{name: "wrong method", api: "backstory", status: 405, change: func(r *http.Request) { r.Method = http.MethodPut }},
		{
			name: "bad token", api: "backstory", status: 401,
			change: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
		},
		{name: "malformed", body: "{", api: "backstory", status: 400},
		{name: "too long", body: strings.Repeat("x", 1<<20+1), api: "backstory", status: 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				r := c.request(t.Context(), test.body)
				r.Header.Set("X-Goog-User-Project", "billing-project")
				if test.change != nil {
					test.change(r)
				}
				calls := 0
				for range 2 { // the second one finds the body unread
					c.server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
						calls++
						body, err := io.ReadAll(call.HTTP.Body)
						if limit := min(len(test.body), 1<<20); err != nil || string(body) != test.body[:limit] || string(call.Body) != test.body[:limit] {
							t.Errorf("got a body of %d bytes, %v", len(body), err)
						}
						if call.API != test.api || call.Path != r.URL.Path || call.Method != r.Method || call.Number != 1 || call.Status != 0 {
							t.Errorf("got %+v", call.Request)
						}
						if call.Header.Get("Authorization") != "Bearer [redacted]" || call.Header.Get("X-Goog-User-Project") != "billing-project" {
							t.Errorf("got %v", call.Header)
						}
						if got := call.HTTP.Header.Get("Authorization"); got != r.Header.Get("Authorization") {
							t.Errorf("got %q", got)
						}
						if calls == 2 {
							call.HTTP.Header.Set("Authorization", "changed") // which changes nothing
						}
						if n := len(c.server.Requests()); n != 0 {
							t.Errorf("%d requests are recorded too early", n)
						}
						return false
					})
				}
				resp := c.do(r)
				resp.Body.Close()
				if all := c.server.Requests(); resp.StatusCode != test.status || calls != 2 || len(all) != 1 || all[0].Status != test.status {
					t.Errorf("%d calls, %s, %+v", calls, resp.Status, all)
				}
			})
		})
	}
}

func TestControlAnswers(t *testing.T) {
	for _, test := range []struct {
		name    string
		control func(w http.ResponseWriter) bool
		status  int // as recorded
		kind    string
		body    string
		end     error // of the answer, errNever for none
	}{
		{"body", func(w http.ResponseWriter) bool {
			fmt.Fprint(w, "[1]")
			return true
		}, 200, "application/json; charset=UTF-8", "[1]", nil},
		{"status", func(w http.ResponseWriter) bool {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html>")
			return true
		}, 502, "text/html", "<html>", nil},
		{"status ahead of which there is another", func(w http.ResponseWriter) bool {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
			return true
		}, 404, "application/json; charset=UTF-8", "", nil},
		{"nothing", func(http.ResponseWriter) bool { return true }, 200, "application/json; charset=UTF-8", "", nil},
		{"an answer that is denied", func(w http.ResponseWriter) bool {
			fmt.Fprint(w, "[2]")
			return false
		}, 200, "application/json; charset=UTF-8", "[2]", nil},
		{"cut", func(w http.ResponseWriter) bool {
			fmt.Fprint(w, "[3")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 200, "application/json; charset=UTF-8", "[3", errCut},
		{"cut after the headers", func(w http.ResponseWriter) bool {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 200, "application/json; charset=UTF-8", "", errCut},
		{"broken off", func(http.ResponseWriter) bool { panic(http.ErrAbortHandler) }, 0, "", "", errNever},
		{"hijacked", func(w http.ResponseWriter) bool {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n[4")
				conn.Close()
			}
			return true
		}, 0, "text/plain", "[4", errCut},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				c.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
				c.server.Control(func(w http.ResponseWriter, _ *chronicletest.StreamCall) bool { return test.control(w) })
				c.server.Control(func(http.ResponseWriter, *chronicletest.StreamCall) bool {
					t.Error("an answered request goes on")
					return false
				})
				resp, err := c.http.Do(c.request(t.Context(), ""))
				if (err != nil) != errors.Is(test.end, errNever) {
					t.Fatal(err)
				}
				if err == nil {
					defer resp.Body.Close()
					body, err := io.ReadAll(resp.Body)
					if !errors.Is(err, test.end) || resp.Header.Get("Content-Type") != test.kind {
						t.Errorf("got %v, %v", resp.Header, err)
					}
					wantText(t, string(body), test.body)
				}
				all := c.server.Requests()
				if len(all) != 1 || all[0].Status != test.status || all[0].API != "backstory" {
					t.Errorf("recorded %+v", all)
				}
				if n := c.server.OpenStreams(); n != 0 {
					t.Errorf("%d streams are open", n)
				}
			})
		})
	}
}

// Functions are asked in the order of adding, until one answers or all were.
func TestControlsOneAfterTheOther(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		var asked strings.Builder
		add := func(name string, answers bool) (remove func()) {
			return c.server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
				fmt.Fprint(&asked, name, call.Number, " ")
				w.Header().Set("X-"+name, "seen")
				return answers
			})
		}
		removeA, removeB := add("A", false), add("B", true)
		var removeC func()
		removeC = c.server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
			fmt.Fprint(&asked, "C", call.Number, " ")
			removeC()
			add("D", false) // for the next request
			return false
		})
		for _, then := range []func(){removeB, func() {}, removeA, removeA, removeC, func() {}} {
			resp := c.do(c.request(t.Context(), ""))
			resp.Body.Close()
			if header := resp.Header; header.Get("X-A")+header.Get("X-D") == "" {
				t.Errorf("what a function set is missing: %v", header)
			}
			then()
		}
		wantText(t, asked.String(), "A1 B1 A2 C2 A3 D3 D4 D5 D6 ")
	})
}
