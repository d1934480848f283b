package chronicletest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestControlAndScript(t *testing.T) {
	step := func(body string) chronicletest.Step { return chronicletest.Step{Body: []byte(body)} }
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(step("first"), step("second"), step("third"))
		c.server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			switch call.Number {
			case 1: // answered in the first step's place
				call.SkipStep()
				fmt.Fprint(w, "answered")
			case 2:
				call.UseStep(step("outdone"))
				call.UseStep(step("used"))
			case 3:
				call.SkipStep()
				call.UseStep(step("used instead"))
			case 4:
				fmt.Fprint(w, "answered")
			case 6:
				call.SkipStep() // there is none any more
			}
			return false
		})
		for _, want := range []string{"answered", "used", "used instead", "answered", "third"} {
			wantText(t, c.open("").text(), want)
		}
		wantText(t, c.open("").text(), "[")

		// A step of either kind is for who has got through.
		c.server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
			call.UseStep(step("used"))
			return false
		})
		r := c.request(t.Context(), "")
		r.Header.Set("Authorization", "Bearer x")
		c.refused(r, 401)
	})
}

func TestControlToken(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		good := grantForm(parseAccount(t, c.server.CredentialsJSON()).good().sign(t))
		c.server.ScriptToken(chronicletest.TokenStep{Status: 503}, chronicletest.TokenStep{Status: 502})
		var paths strings.Builder
		remove := c.server.ControlToken(func(w http.ResponseWriter, call *chronicletest.TokenCall) bool {
			fmt.Fprintln(&paths, call.Number, call.Method, call.Path)
			if call.API != "" || call.HTTP.ParseForm() != nil || call.HTTP.PostForm.Get("assertion") != good.Get("assertion") {
				t.Errorf("got %+v", call.Request)
			}
			switch call.Number {
			case 1:
				w.WriteHeader(http.StatusTeapot)
				fmt.Fprint(w, "{}")
			case 3:
				call.UseStep(chronicletest.TokenStep{Status: 500})
			}
			return call.Number == 1
		})
		for _, want := range []int{418, 503, 500, 502, 200} {
			if status, answer := c.exchange(good); status != want {
				t.Errorf("got %d %v, want %d", status, answer, want)
			}
		}
		remove()
		if status, _ := c.ask(c.request(t.Context(), "bad")); status != 400 {
			t.Errorf("a stream request: got %d", status)
		}
		if n := c.server.TokenRequests(); n != 5 || len(c.server.Requests()) != 1 {
			t.Errorf("%d requests for tokens, %+v", n, c.server.Requests())
		}
		want := ""
		for n := range 5 {
			want += fmt.Sprintln(n+1, "POST", "/token")
		}
		wantText(t, paths.String(), want)
	})
}

// Whoever comes with the first token is told in a stream that it has run out, and
// by any other token gets the history.
func TestControlOfOneToken(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.AppendElement([]byte(`{}`))
		expired := c.server.AccessToken()
		c.server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
			if call.HTTP.Header.Get("Authorization") == "Bearer "+expired {
				call.UseStep(chronicletest.Step{Then: chronicletest.Fail, Error: []byte(`{"code": 401}`)})
			}
			return false
		})
		for range 2 {
			r := c.request(t.Context(), from(bubbleStart.Add(-time.Second)))
			r.Header.Set("Authorization", "Bearer "+expired)
			resp := c.do(r)
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(body) != `[{"error": {"code": 401}}` {
				t.Errorf("got %q, %v", body, err)
			}
			wantText(t, c.open(from(bubbleStart.Add(-time.Second))).text(), "[{}")
		}
	})
}

// Functions run beside each other, may use the server, and may wait for long.
func TestControlFunctionsAreNotInTheWay(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.Control(func(_ http.ResponseWriter, call *chronicletest.StreamCall) bool {
			switch call.Number {
			case 1: // served once the second one is
				if err := c.server.WaitForRequests(call.HTTP.Context(), 1); err != nil || c.server.OpenStreams() != 1 {
					t.Errorf("%d streams are open, %v", c.server.OpenStreams(), err)
				}
				c.server.Append(raw("1")...)
				call.UseStep(chronicletest.Step{AfterElements: 1, Then: chronicletest.End})
			case 3, 4:
				<-call.HTTP.Context().Done()
				return true
			}
			return false
		})
		begin := from(bubbleStart.Add(-time.Second))
		first := make(chan *http.Response)
		go func() { first <- c.do(c.request(t.Context(), begin)) }()
		synctest.Wait()
		live := c.open(begin)
		resp := <-first
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || string(body) != live.text()+"]" || !strings.HasSuffix(string(body), "[1]}]") {
			t.Errorf("got %q and %q, %v", body, live.text(), err)
		}

		// One waits until its client leaves, another until the server is closed.
		c.http.Timeout = time.Hour
		if resp, err := c.http.Do(c.request(t.Context(), "")); err == nil {
			resp.Body.Close()
			t.Errorf("got %s", resp.Status)
		}
		c.http.Timeout = 0
		ended := make(chan error)
		go func() {
			_, err := c.http.Do(c.request(t.Context(), ""))
			ended <- err
		}()
		synctest.Wait()
		c.server.Close()
		if err := <-ended; err == nil {
			t.Error("a request was answered that waits for ever")
		}
	})
}
