package chronicletest_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// element is what a client reads of an element.
type element struct {
	ContinuationTime, NextPageToken, NextPageStartTime string
	Detections                                         []json.RawMessage
}

// elements splits a stream's body, as far as it came.
func elements(t *testing.T, body string) []element {
	t.Helper()
	var all []element
	for _, text := range split(body) {
		var e element
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatalf("parsing %q: %v", text, err)
		}
		all = append(all, e)
	}
	return all
}

func split(body string) []string {
	body = strings.TrimPrefix(body, "[")
	if body == "" {
		return nil
	}
	return strings.Split(body, ",\r\n")
}

// after is the body of a request that goes on after an element: the token wins.
func (e element) after(option string) string {
	switch {
	case e.NextPageToken != "":
		return `{"pageToken":"` + e.NextPageToken + `"` + option + `}`
	case e.NextPageStartTime != "":
		return `{"pageStartTime":"` + e.NextPageStartTime + `"` + option + `}`
	}
	return `{"continuationTime":"` + e.ContinuationTime + `"` + option + `}`
}

var anyToken = regexp.MustCompile(`"nextPageToken": "[\w-]{20,}"`)

// masked is a body with its tokens, which are opaque, replaced.
func masked(body string) string { return anyToken.ReplaceAllString(body, `"nextPageToken": "T"`) }

// backlog appends n batches of two detections, a second apart, the first one an
// hour ago, and returns the time before them all.
func backlog(c *client, n int) time.Time {
	begin := time.Now().Add(-time.Hour)
	for i := range n {
		c.server.AppendAt(begin.Add(time.Duration(i)*time.Second), raw(fmt.Sprint(2*i+1), fmt.Sprint(2*i+2))...)
	}
	return begin.Add(-time.Second)
}

func TestWindowsByteForByte(t *testing.T) {
	begin := bubbleStart.Add(-time.Hour - time.Second)
	at := func(i int) string { return stamp(begin.Add(time.Duration(i) * time.Second)) }
	const token = `"nextPageToken": "T"`
	start := func(i int) string { return `"nextPageStartTime": "` + at(i) + `"` }
	continuation := func(i int) string { return `"continuationTime": "` + at(i) + `"` }
	first := func(position string, numbers string) string {
		return "{" + position + `, "detections": [` + numbers + "]}"
	}
	last := func(position string, numbers string) string {
		return `{"detections": [` + numbers + "], " + position + "}"
	}
	ahead := func(position string) string { return `{"heartbeat": true, ` + position + "}" }
	behind := func(numbers string) string { return `{"detections": [` + numbers + "]}" }
	for _, test := range []struct {
		name   string
		option []chronicletest.Option
		want   []string
	}{
		{"windows of 4", nil, []string{
			first(token, "1,2"), first(token, "3,4"), first(token, "5,6"), first(start(4), "7,8"), first(start(5), "9,10"),
		}},
		{"windows of 2", []chronicletest.Option{chronicletest.WithWindow(2)}, []string{
			first(token, "1,2"), first(start(2), "3,4"), first(token, "5,6"), first(start(4), "7,8"), first(start(5), "9,10"),
		}},
		{"windows of 1", []chronicletest.Option{chronicletest.WithWindow(1)}, []string{
			first(start(1), "1,2"), first(start(2), "3,4"), first(start(3), "5,6"), first(start(4), "7,8"), first(start(5), "9,10"),
		}},
		{"one window", []chronicletest.Option{chronicletest.WithWindow(100)}, []string{
			first(token, "1,2"), first(token, "3,4"), first(token, "5,6"), first(token, "7,8"), first(start(5), "9,10"),
		}},
		{"both", []chronicletest.Option{chronicletest.WithWindow(3), chronicletest.WithBothPositions()}, []string{
			first(token+", "+start(0), "1,2"), first(token+", "+start(0), "3,4"), first(start(3), "5,6"),
			first(token+", "+start(3), "7,8"), first(start(5), "9,10"),
		}},
		{"last", []chronicletest.Option{chronicletest.WithWindow(3), chronicletest.WithContinuationTimeLast()}, []string{
			last(token, "1,2"), last(token, "3,4"), last(start(3), "5,6"), last(token, "7,8"), last(start(5), "9,10"),
		}},
		{"ahead", []chronicletest.Option{chronicletest.WithWindow(3), chronicletest.WithPositionsAhead()}, []string{
			ahead(token), behind("1,2"), ahead(token), behind("3,4"), ahead(start(3)), behind("5,6"),
			ahead(token), behind("7,8"), ahead(start(5)), behind("9,10"),
		}},
		{"both ahead", []chronicletest.Option{chronicletest.WithPositionsAhead(), chronicletest.WithBothPositions()}, []string{
			ahead(token + ", " + start(0)), behind("1,2"), ahead(token + ", " + start(0)), behind("3,4"),
			ahead(token + ", " + start(0)), behind("5,6"), ahead(start(4)), behind("7,8"), ahead(start(5)), behind("9,10"),
		}},
		{"continuation times ahead", []chronicletest.Option{chronicletest.WithContinuationTimes(), chronicletest.WithPositionsAhead()}, []string{
			ahead(continuation(1)), behind("1,2"), ahead(continuation(2)), behind("3,4"), ahead(continuation(3)), behind("5,6"),
			ahead(continuation(4)), behind("7,8"), ahead(continuation(5)), behind("9,10"),
		}},
		{"continuation times", []chronicletest.Option{chronicletest.WithContinuationTimes(), chronicletest.WithBothPositions()}, []string{
			first(continuation(1), "1,2"), first(continuation(2), "3,4"), first(continuation(3), "5,6"),
			first(continuation(4), "7,8"), first(continuation(5), "9,10"),
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				body := since(backlog(c, 5))
				wantText(t, masked(c.chronicle().open(body).text()), "["+strings.Join(test.want, ",\r\n"))
			}, test.option...)
		})
	}
}

// Wherever a stream is left, the next one goes on with the very bytes that the
// first would have had: nothing is lost or repeated, and no window moves.
func TestResumptionIsExact(t *testing.T) {
	for _, options := range [][]chronicletest.Option{
		nil,
		{chronicletest.WithBothPositions()},
		{chronicletest.WithContinuationTimes()},
		{chronicletest.WithHeartbeatPositions(), chronicletest.WithContinuationTimeLast()},
	} {
		for _, window := range []int{1, 2, 3, 10} {
			for _, option := range []string{"", `,"detectionBatchSize":1`, `,"detectionBatchSize":2`} {
				bubble(t, func(t *testing.T, c *client) {
					c = c.chronicle()
					begin := backlog(c, 5)
					c.server.Append()
					c.server.Append(raw("11", "12", "13", "14", "15")...)
					body := strings.TrimSuffix(since(begin), "}") + option + "}"
					whole := split(c.open(body).text())
					for i, e := range elements(t, "["+strings.Join(whole, ",\r\n")) {
						wantText(t, c.open(e.after(option)).text(), "["+strings.Join(whole[i+1:], ",\r\n"))
						// Cut short, so that the next element comes to an end elsewhere.
						if i+1 < len(whole) {
							c.server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
							wantText(t, c.open(e.after(option)).text(), "["+whole[i+1])
						}
					}
				}, append(options, chronicletest.WithWindow(window), chronicletest.WithMaxStreams(100))...)
			}
		}
	}
}

// A batch's parts are in one window, and only the last of them can end it.
func TestPartsInWindows(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		begin := backlog(c, 3)
		var got []string
		for _, e := range elements(t, c.chronicle().open(strings.TrimSuffix(since(begin), "}")+`,"detectionBatchSize":1}`).text()) {
			got = append(got, fmt.Sprintf("%s %t", e.Detections, e.NextPageToken != ""))
		}
		wantText(t, strings.Join(got, "\n"), "[1] true\n[2] true\n[3] true\n[4] false\n[5] true\n[6] false")
	}, chronicletest.WithWindow(2))
}

// While a stream follows what is appended, nothing more is there after a batch.
func TestWindowsOfALiveStream(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		stream := c.chronicle().open("")
		want := "["
		for i := range 3 {
			at := c.server.Append(raw(fmt.Sprint(i))...)
			want += fmt.Sprintf(`{"nextPageStartTime": "%s", "detections": [%d]}`, stamp(at), i)
			wantText(t, stream.text(), want)
			want += ",\r\n"
		}
		at := c.server.Append()
		wantText(t, stream.text(), want+`{"nextPageStartTime": "`+stamp(at)+`"}`)
	})
}

// A stream that began now has a first window that begins right before its first
// batch, wherever the clock is.
func TestStartOfAWindowThatBeganNow(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		before := c.server.Append(raw("0")...)
		// A slow heartbeat gives time for two batches, and so for a window of them.
		c.server.Script(chronicletest.Step{ChunkBytes: 1, ChunkDelay: time.Second})
		stream := c.open("")
		time.Sleep(16 * time.Second)
		one := c.server.AppendAt(bubbleStart, raw("1", "11")...)
		two := c.server.AppendAt(bubbleStart, raw("2")...)
		time.Sleep(10 * time.Minute)
		want := beat + `,\r\n{"nextPageToken": "T", "nextPageStartTime": "` + stamp(one.Add(-2*time.Microsecond)) + `", "detections": [1,11]}` +
			`,\r\n{"nextPageStartTime": "` + stamp(two) + `", "detections": [2]}`
		want = "[" + strings.ReplaceAll(want, `\r\n`, "\r\n")
		if got := masked(stream.text()); !strings.HasPrefix(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if start := one.Add(-2 * time.Microsecond); !start.Equal(before) {
			t.Errorf("the window begins at %s, want %s", start, before)
		}
	}, chronicletest.WithBothPositions())
}

// An appended element has no position and no place in a window; who resumes
// after what precedes it doesn't meet it again.
func TestVerbatimElementsInWindows(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		begin := time.Now().Add(-time.Hour)
		c.server.AppendAt(begin.Add(1*time.Second), raw("1")...)
		c.server.AppendElement(json.RawMessage(`{"error": 1}`))
		c.server.AppendElement(json.RawMessage(`{"nextPageToken": "x", "heartbeat": true}`))
		two := c.server.AppendAt(begin.Add(2*time.Second), raw("2")...)
		c.server.AppendElement(json.RawMessage(`{}`))
		three := c.server.AppendAt(begin.Add(3*time.Second), raw("3")...)
		c.server.AppendElement(json.RawMessage(`{"nextPageStartTime": "1999-12-31T23:30:00Z", "heartbeat": true}`))

		body := c.open(since(begin)).text()
		const sep = ",\r\n"
		tail := `{"nextPageStartTime": "` + stamp(three) + `", "detections": [3]}` + sep +
			`{"nextPageStartTime": "1999-12-31T23:30:00Z", "heartbeat": true}`
		wantText(t, masked(body), `[{"nextPageToken": "T", "detections": [1]}`+sep+
			`{"error": 1}`+sep+`{"nextPageToken": "x", "heartbeat": true}`+sep+
			`{"nextPageStartTime": "`+stamp(two)+`", "detections": [2]}`+sep+"{}"+sep+tail)

		first := elements(t, body)[0]
		wantText(t, c.open(first.after("")).text(), `[{"nextPageStartTime": "`+stamp(two)+`", "detections": [2]}`+sep+"{}"+sep+tail)
		wantText(t, c.open(since(two)).text(), "["+tail)
		// A heartbeat's own start time is a place like any other.
		wantText(t, c.open(since(three)).text(), "["+tail[strings.Index(tail, sep)+len(sep):])
		wantText(t, c.open(`{"pageStartTime":"1999-12-31T23:30:00Z"}`).text(), "[")
	}, chronicletest.WithWindow(2))
}
