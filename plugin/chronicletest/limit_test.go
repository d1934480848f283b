package chronicletest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A stream ends in good order after as many detections as its request wants, and
// the next one goes on there, whatever is cut.
func TestMaxDetections(t *testing.T) {
	for most := 1; most <= 7; most++ {
		for _, size := range []int{1, 2, 100} {
			bubble(t, func(t *testing.T, c *client) {
				c = c.chronicle()
				c.server.AppendElement(json.RawMessage(`{}`)) // counts for nothing
				begin := backlog(c, 3)
				c.server.Append()
				option := fmt.Sprintf(`,"maxDetections":%d,"detectionBatchSize":%d`, most, size)
				request := strings.TrimSuffix(since(begin), "}") + option + "}"
				var got []string
				for len(got)+most <= 6 {
					stream := c.open(request)
					body, whole := strings.CutSuffix(stream.text(), "]")
					if err := stream.end(); !whole || !errors.Is(err, errGood) {
						t.Fatalf("%q ended with %v", body, err)
					}
					n := 0
					for _, e := range elements(t, body) {
						for _, d := range e.Detections {
							got = append(got, string(d))
							n++
						}
						request = e.after(option)
					}
					if n != most {
						t.Fatalf("%d detections came, want %d", n, most)
					}
				}
				// What is left isn't enough: the stream stays open.
				rest := c.open(request)
				for _, e := range elements(t, rest.text()) {
					for _, d := range e.Detections {
						got = append(got, string(d))
					}
				}
				if !rest.isOpen() {
					t.Error("a stream ended short of its limit")
				}
				wantText(t, strings.Join(got, " "), "1 2 3 4 5 6")
			}, chronicletest.WithWindow(2))
		}
	}
}

// A limit counts over quiet spells, and frees the stream's place.
func TestMaxDetectionsOfALiveStream(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		stream := c.open(`{"maxDetections":2}`)
		c.server.Append(raw("1")...)
		time.Sleep(15 * time.Second)
		if !stream.isOpen() || c.server.OpenStreams() != 1 {
			t.Error("the stream is not open")
		}
		c.server.Append(raw("2", "3")...)
		body := stream.text()
		if !strings.HasSuffix(body, `"detections": [2]}]`) || !errors.Is(stream.end(), errGood) || c.server.OpenStreams() != 0 {
			t.Errorf("got %q, %v", body, stream.end())
		}
		last := elements(t, strings.TrimSuffix(body, "]"))[2]
		if last.NextPageToken == "" {
			t.Errorf("a part ends a window: %+v", last)
		}
		if got := elements(t, c.open(last.after("")).text()); len(got) != 1 || string(got[0].Detections[0]) != "3" {
			t.Errorf("then came %v", got)
		}
	})
}

func TestCoercedSizes(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		begin := time.Now().Add(-time.Hour)
		c.server.AppendAt(begin, raw(strings.Split(strings.Repeat("7 ", 10_001)+"8", " ")...)...)
		sizes := func(body string) (sizes []int) {
			for _, e := range elements(t, strings.TrimSuffix(body, "]")) {
				sizes = append(sizes, len(e.Detections))
			}
			return sizes
		}
		request := strings.TrimSuffix(since(begin.Add(-time.Second)), "}")
		if got := sizes(c.open(request + `,"detectionBatchSize":2000000}`).text()); fmt.Sprint(got) != "[10000 2]" {
			t.Errorf("batches of %v", got)
		}
		stream := c.open(request + `,"maxDetections":2000000}`)
		if got := sizes(stream.text()); fmt.Sprint(got) != "[1000]" || stream.isOpen() {
			t.Errorf("batches of %v", got)
		}
	})
}

// A script's point comes before the end that a limit brings.
func TestScriptedChronicleStreams(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		begin := strings.TrimSuffix(since(backlog(c, 3)), "}")
		first := split(c.open(begin + "}").text())[0]
		for _, test := range []struct {
			step   chronicletest.Step
			option string
			want   string
			end    error
		}{
			{chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut}, `,"maxDetections":2`, "[" + first, errCut},
			{chronicletest.Step{AfterElements: 1, AfterBytes: 5, Then: chronicletest.Cut}, `,"maxDetections":2`, "[" + first + "]", errGood},
			{chronicletest.Step{AfterElements: 1, AfterBytes: 5, Then: chronicletest.Cut}, "", "[" + first + ",\r\n" + `{"nex`, errCut},
			{chronicletest.Step{AfterElements: 2, Then: chronicletest.Stall}, `,"maxDetections":2`, "[" + first + "]", errGood},
			{chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail}, "", "[" + first + ",\r\n" + unavailable, errGood},
			{chronicletest.Step{Body: []byte("[1"), Then: chronicletest.Cut}, `,"maxDetections":2`, "[1", errCut},
			{chronicletest.Step{ChunkBytes: 3}, `,"maxDetections":2`, "[" + first + "]", errGood},
		} {
			c.server.Script(test.step)
			stream := c.open(begin + test.option + "}")
			wantText(t, stream.text(), test.want)
			if err := stream.end(); !errors.Is(err, test.end) {
				t.Errorf("%+v ended with %v, want %v", test.step, err, test.end)
			}
		}
		c.server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		c.refused(c.request(t.Context(), ""), 503)
	})
}
