package chronicletest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const unavailable = `{"error":{"code":503,"message":"The service is currently unavailable.","status":"UNAVAILABLE"}}`

// How a scripted stream ends.
var (
	errCut   = io.ErrUnexpectedEOF
	errGood  = io.EOF
	errNever = errors.New("the stream goes on")
)

func TestSteps(t *testing.T) {
	// The history is one, two, three; times are a second apart.
	one, two, three := bubbleStart.Add(-3*time.Second), bubbleStart.Add(-2*time.Second), bubbleStart.Add(-time.Second)
	first, second, third := batch(one, `1`), batch(two, `2`, `22`), batch(three, `3`)
	const sep = ",\r\n"
	whole := "[" + first + sep + second + sep + third

	for _, test := range []struct {
		name string
		step chronicletest.Step
		want string
		end  error
	}{
		{"nothing", chronicletest.Step{}, whole, errNever},
		{"points without an action", chronicletest.Step{AfterElements: 1, AfterBytes: 3}, whole, errNever},

		{"cut at the beginning", chronicletest.Step{Then: chronicletest.Cut}, "[", errCut},
		{"cut between", chronicletest.Step{AfterElements: 2, Then: chronicletest.Cut}, "[" + first + sep + second, errCut},
		{"cut inside the first", chronicletest.Step{AfterBytes: 1, Then: chronicletest.Cut}, "[{", errCut},
		{
			"cut inside the head",
			chronicletest.Step{AfterElements: 1, AfterBytes: 10, Then: chronicletest.Cut},
			"[" + first + sep + second[:10], errCut,
		},
		{
			"cut inside a detection",
			chronicletest.Step{AfterElements: 1, AfterBytes: len(second) - 4, Then: chronicletest.Cut},
			"[" + first + sep + second[:len(second)-4], errCut,
		},
		{
			"cut before the last byte at the latest",
			chronicletest.Step{AfterBytes: 1 << 20, Then: chronicletest.Cut},
			"[" + first[:len(first)-1], errCut,
		},
		{"cut at the end", chronicletest.Step{AfterElements: 3, Then: chronicletest.Cut}, whole, errCut},
		{"cut beyond the end", chronicletest.Step{AfterElements: 4, Then: chronicletest.Cut}, whole, errNever},
		{"cut inside what isn't there", chronicletest.Step{AfterElements: 3, AfterBytes: 1, Then: chronicletest.Cut}, whole, errNever},

		{"end at the beginning", chronicletest.Step{Then: chronicletest.End}, "[]", errGood},
		{"end between", chronicletest.Step{AfterElements: 1, Then: chronicletest.End}, "[" + first + "]", errGood},
		{"end inside", chronicletest.Step{AfterBytes: 2, Then: chronicletest.End}, "[" + first[:2] + "]", errGood},

		{"fail at the beginning", chronicletest.Step{Then: chronicletest.Fail}, "[" + unavailable, errGood},
		{"fail between", chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail}, "[" + first + sep + unavailable, errGood},
		{
			"fail with an error",
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail, Error: json.RawMessage(`"oops"`)},
			"[" + first + sep + `{"error": "oops"}`, errGood,
		},
		{
			"fail with an element",
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail, ErrorElement: json.RawMessage(`{"error":1,"x":2}`)},
			"[" + first + sep + `{"error":1,"x":2}`, errGood,
		},

		{"body", chronicletest.Step{Body: []byte("<html>")}, "<html>", errGood},
		{"empty body", chronicletest.Step{Body: []byte{}}, "", errGood},
		{"body, ended", chronicletest.Step{Body: []byte("[1"), Then: chronicletest.End}, "[1", errGood},
		{"body, cut", chronicletest.Step{Body: []byte("[1"), Then: chronicletest.Cut}, "[1", errCut},
		{"empty body, cut", chronicletest.Step{Body: []byte{}, Then: chronicletest.Cut}, "", errCut},
		{"body, failed", chronicletest.Step{Body: []byte("["), Then: chronicletest.Fail}, "[" + unavailable, errGood},
		{"body, stalled", chronicletest.Step{Body: []byte("[1"), Then: chronicletest.Stall}, "[1", errNever},

		{"pieces", chronicletest.Step{ChunkBytes: 7}, whole, errNever},
		{
			"pieces, cut",
			chronicletest.Step{ChunkBytes: 1, AfterElements: 1, AfterBytes: 9, Then: chronicletest.Cut},
			"[" + first + sep + second[:9], errCut,
		},
		{"body in pieces", chronicletest.Step{Body: []byte("[1,2,3]"), ChunkBytes: 2}, "[1,2,3]", errGood},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				c.server.AppendAt(one, raw(`1`)...)
				c.server.AppendAt(two, raw(`2`, `22`)...)
				c.server.AppendAt(three, raw(`3`)...)
				c.server.Script(test.step)
				stream := c.open(from(one.Add(-time.Microsecond)))
				wantText(t, stream.text(), test.want)
				if open := stream.isOpen(); open != errors.Is(test.end, errNever) {
					t.Fatalf("open: %t, want %v", open, test.end)
				}
				if !errors.Is(test.end, errNever) && !errors.Is(stream.end(), test.end) {
					t.Errorf("ended with %v, want %v", stream.end(), test.end)
				}
				if n, open := c.server.OpenStreams(), stream.isOpen(); (n == 1) != open {
					t.Errorf("%d streams are open", n)
				}
				// One step is for one request.
				wantText(t, c.open(from(two)).text(), "["+third)
			})
		})
	}
}

func TestStall(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall})
		stream := c.open("")
		time.Sleep(15 * time.Second)
		want := "[" + beat
		at := c.server.Append(raw(`1`)...)
		want += ",\r\n" + batch(at, `1`)
		wantText(t, stream.text(), want)
		c.server.Append(raw(`2`)...)
		time.Sleep(time.Hour)
		wantText(t, stream.text(), want)
		if !stream.isOpen() || c.server.OpenStreams() != 1 {
			t.Error("a stalled stream is not open")
		}
		stream.close()
		synctest.Wait()
		if n := c.server.OpenStreams(); n != 0 {
			t.Errorf("%d streams are open", n)
		}
	})
}

func TestPointInsideWaitsForAnElement(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(chronicletest.Step{AfterBytes: 5, Then: chronicletest.Cut})
		stream := c.open("")
		time.Sleep(15 * time.Second)
		wantText(t, stream.text(), "["+beat)
		at := c.server.Append(raw(`1`)...)
		wantText(t, stream.text(), "["+beat+",\r\n"+batch(at, `1`)[:5])
		if err := stream.end(); !errors.Is(err, errCut) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestSlowBytes(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(chronicletest.Step{Body: []byte("[123456]"), ChunkBytes: 3, ChunkDelay: time.Second})
		stream := c.open("")
		wantText(t, stream.text(), "[12")
		time.Sleep(time.Second)
		wantText(t, stream.text(), "[12345")
		time.Sleep(time.Second)
		wantText(t, stream.text(), "[123456]")
		if err := stream.end(); !errors.Is(err, errGood) {
			t.Errorf("ended with %v", err)
		}
	})
	// Heartbeats go on between slow elements, counted from the last slow byte.
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(chronicletest.Step{ChunkBytes: 1 << 10, ChunkDelay: time.Second})
		stream := c.open("")
		time.Sleep(44 * time.Second)
		wantText(t, stream.text(), "["+beat+",\r\n"+beat+",\r\n"+beat)
	}, chronicletest.WithHeartbeatInterval(10*time.Second))
	// Whoever leaves is not held up by a pause.
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(chronicletest.Step{Body: []byte("[]"), ChunkBytes: 1, ChunkDelay: time.Hour})
		stream := c.open("")
		wantText(t, stream.text(), "[")
		stream.close()
		synctest.Wait()
		if n := c.server.OpenStreams(); n != 0 {
			t.Errorf("%d streams are open", n)
		}
	})
}

func TestScriptedHeaders(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(
			chronicletest.Step{Header: http.Header{"content-type": {"text/html"}, "Content-Encoding": {"gzip"}}, Body: []byte("x")},
			chronicletest.Step{Header: http.Header{"X-A": {"step"}, "X-B": {"step"}}, Refuse: &chronicletest.Refusal{Header: http.Header{"X-B": {"refusal"}}}},
		)
		header := c.open("").header
		if header.Get("Content-Type") != "text/html" || header.Get("Content-Encoding") != "gzip" || len(header.Values("Content-Type")) != 1 {
			t.Errorf("got %v", header)
		}
		resp := c.do(c.request(t.Context(), ""))
		defer resp.Body.Close()
		if resp.Header.Get("X-A") != "step" || resp.Header.Get("X-B") != "refusal" {
			t.Errorf("got %v", resp.Header)
		}
	})
}

func TestWhoTakesAStep(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{}})
		// Neither a wrong path nor a wrong method nor a bad token.
		r := c.request(t.Context(), "")
		r.URL.Path = "/"
		c.refused(r, 404)
		r = c.request(t.Context(), "")
		r.Method = http.MethodPut
		c.refused(r, 405)
		r = c.request(t.Context(), "")
		r.Header.Del("Authorization")
		c.refused(r, 401)
		c.refused(c.request(t.Context(), "bad"), 503)
		c.open("")
	})
}
