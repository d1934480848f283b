package chronicletest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const beat = `{"heartbeat": true}`

func TestStreamByteForByte(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		if got := stream.header.Get("Content-Type"); got != "application/json; charset=UTF-8" {
			t.Errorf("content type %q", got)
		}
		wantText(t, stream.text(), "[")

		// Verbatim, whatever it looks like.
		one := c.server.Append(raw("{ \"a\":1.0e0,\t\"b\":\"\\u00e9<&>\\/\" }", `{"a":1,"a":2}`)...)
		want := "[" + batch(one, "{ \"a\":1.0e0,\t\"b\":\"\\u00e9<&>\\/\" }", `{"a":1,"a":2}`)
		wantText(t, stream.text(), want)

		two := c.server.Append()
		want += ",\r\n" + `{"continuationTime": "` + stamp(two) + `"}`
		wantText(t, stream.text(), want)

		c.server.AppendElement(json.RawMessage(`{}`))
		want += ",\r\n{}"
		wantText(t, stream.text(), want)
	})
}

func TestContinuationTimeLast(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		at := c.server.Append(raw(`1`, `2`)...)
		wantText(t, stream.text(), `[{"detections": [1,2], "continuationTime": "`+stamp(at)+`"}`)
	}, chronicletest.WithContinuationTimeLast())
}

func TestHeartbeats(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		time.Sleep(15*time.Second - 1)
		wantText(t, stream.text(), "[")
		time.Sleep(time.Nanosecond)
		wantText(t, stream.text(), "["+beat)
		time.Sleep(30 * time.Second)
		want := "[" + beat + ",\r\n" + beat + ",\r\n" + beat
		wantText(t, stream.text(), want)

		// Only silence counts.
		time.Sleep(14 * time.Second)
		want += ",\r\n" + batch(c.server.Append(raw(`1`)...), `1`)
		time.Sleep(14 * time.Second)
		wantText(t, stream.text(), want)
		time.Sleep(time.Second)
		wantText(t, stream.text(), want+",\r\n"+beat)
	})
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		time.Sleep(time.Minute)
		wantText(t, stream.text(), "["+beat)
	}, chronicletest.WithHeartbeatInterval(time.Minute))
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		time.Sleep(24 * time.Hour)
		wantText(t, stream.text(), "[")
	}, chronicletest.WithHeartbeatInterval(0))
}

func TestPushback(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		resp := c.do(c.request(t.Context(), ""))
		defer resp.Body.Close()
		big := `"` + strings.Repeat("x", 4<<20) + `"`
		at := c.server.Append(raw(big)...)
		time.Sleep(time.Hour) // the client reads nothing, the server waits
		want := "[" + batch(at, big)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(resp.Body, got); err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Error("the batch came otherwise than it was appended")
		}
	})
}

// The history and the streams on it are used from many sides at once.
func TestConcurrentStreams(t *testing.T) {
	c := loopback(t, chronicletest.WithMaxBatch(3))
	begin := time.Now().Add(-time.Hour)
	const batches = 200
	go func() {
		for i := range batches {
			c.server.Append(raw(fmt.Sprint(i), fmt.Sprint(i), fmt.Sprint(i), fmt.Sprint(i))...)
		}
		c.server.Append(raw(`"over"`)...)
	}()
	want := ""
	for i := range batches {
		want += fmt.Sprintf("%d,%d,%d,%d,", i, i, i, i)
	}
	results := make(chan string)
	for range 4 {
		resp := c.do(c.request(t.Context(), from(begin)))
		defer resp.Body.Close()
		go func() { results <- detectionsUntil(resp, "over") }()
	}
	for range 4 {
		if got := <-results; got != want {
			t.Errorf("got %q", got)
		}
	}
}

// detectionsUntil reads elements until one has the last detection, and returns
// the detections before it.
func detectionsUntil(resp *http.Response, last string) string {
	var got strings.Builder
	elements := json.NewDecoder(resp.Body)
	if _, err := elements.Token(); err != nil {
		return err.Error()
	}
	for elements.More() {
		var element struct{ Detections []any }
		if err := elements.Decode(&element); err != nil {
			return got.String() + err.Error()
		}
		for _, d := range element.Detections {
			if d == last {
				return got.String()
			}
			fmt.Fprintf(&got, "%v,", d)
		}
	}
	return got.String() + "ended"
}
