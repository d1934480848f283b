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

// ahead is the element that has a batch's position in the Backstory API.
func ahead(at time.Time) string {
	return `{"heartbeat": true, "continuationTime": "` + stamp(at) + `"}`
}

func TestPositionsAheadByteForByte(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		one := c.server.Append(raw(`1`, `2`, `3`)...)
		want := "[" + ahead(one.Add(-time.Microsecond)) + ",\r\n" + `{"detections": [1,2]}` +
			",\r\n" + ahead(one) + ",\r\n" + `{"detections": [3]}`
		wantText(t, stream.text(), want)

		// A batch without detections has nothing to be ahead of.
		want += ",\r\n" + ahead(c.server.Append())
		wantText(t, stream.text(), want)
		c.server.AppendElement(json.RawMessage(`{}`))
		time.Sleep(15 * time.Second)
		wantText(t, stream.text(), want+",\r\n{},\r\n"+beat)
	}, chronicletest.WithContinuationTimeLast(), chronicletest.WithPositionsAhead(), chronicletest.WithMaxBatch(2))
	bubble(t, func(t *testing.T, c *client) {
		stream := c.open("")
		at := c.server.Append(raw(`1`)...)
		wantText(t, stream.text(), `[{"detections": [1], "continuationTime": "`+stamp(at)+`"}`)
	}, chronicletest.WithPositionsAhead(), chronicletest.WithContinuationTimeLast())
}

// Each position leads to what follows its batch, whichever API gave it, and
// wherever the stream was left.
func TestResumptionFromPositionsAhead(t *testing.T) {
	for _, options := range [][]chronicletest.Option{
		nil,
		{chronicletest.WithBothPositions(), chronicletest.WithHeartbeatPositions()},
		{chronicletest.WithContinuationTimes()},
	} {
		for _, option := range []string{"", `,"detectionBatchSize":1`} {
			bubble(t, func(t *testing.T, c *client) {
				begin := backlog(c, 5)
				c.server.Append()
				for _, side := range []struct {
					*client
					body string
				}{{c, from(begin)}, {c.chronicle(), since(begin)}} {
					body := side.open(strings.TrimSuffix(side.body, "}") + option + "}").text()
					all, whole := elements(t, body), split(body)
					for i := 0; i < len(all); i += 2 {
						wantText(t, side.open(all[i].after(option)).text(), "["+strings.Join(whole[min(i+2, len(whole)):], ",\r\n"))
					}
				}
			}, append(options, chronicletest.WithPositionsAhead(), chronicletest.WithWindow(2), chronicletest.WithMaxStreams(100))...)
		}
	}
}

// A position counts as an element, and so do the detections after it.
func TestStepsWithPositionsAhead(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		begin := from(backlog(c, 2))
		whole := split(c.open(begin).text())
		served := func(n int) string { return "[" + strings.Join(whole[:n], ",\r\n") }
		const sep = ",\r\n"
		for _, test := range []struct {
			step chronicletest.Step
			want string
			end  error
		}{
			{chronicletest.Step{Then: chronicletest.Cut}, "[", errCut},
			{chronicletest.Step{AfterBytes: 14, Then: chronicletest.Cut}, `[{"heartbeat": `, errCut},
			{chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut}, served(1), errCut},
			{chronicletest.Step{AfterElements: 1, Then: chronicletest.End}, served(2) + "]", errGood},
			{chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail}, served(1) + sep + unavailable, errGood},
			{chronicletest.Step{AfterElements: 1, AfterBytes: 17, Then: chronicletest.Cut}, served(1) + sep + `{"detections": [1`, errCut},
			{chronicletest.Step{AfterElements: 1, AfterBytes: 1 << 20, Then: chronicletest.Cut}, served(1) + sep + `{"detections": [1,2]`, errCut},
			{chronicletest.Step{AfterElements: 2, Then: chronicletest.Cut}, served(2), errCut},
			{chronicletest.Step{AfterElements: 3, Then: chronicletest.Cut}, served(3), errCut},
			{chronicletest.Step{AfterElements: 4, Then: chronicletest.End}, served(4) + "]", errGood},
		} {
			c.server.Script(test.step)
			stream := c.open(begin)
			wantText(t, stream.text(), test.want)
			if err := stream.end(); !errors.Is(err, test.end) {
				t.Errorf("%+v ended with %v, want %v", test.step, err, test.end)
			}
		}
		c.server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall})
		stalled := c.open(begin)
		time.Sleep(time.Hour)
		wantText(t, stalled.text(), served(1))
	}, chronicletest.WithPositionsAhead())
}

// The detections that a limit counts are never left behind their position.
func TestMaxDetectionsWithPositionsAhead(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		body := strings.TrimSuffix(since(backlog(c, 3)), "}") + `,"maxDetections":3}`
		stream := c.chronicle().open(body)
		whole, good := strings.CutSuffix(stream.text(), "]")
		var got []string
		for _, e := range elements(t, whole) {
			got = append(got, fmt.Sprintf("%s", e.Detections))
		}
		if err := stream.end(); !good || !errors.Is(err, errGood) {
			t.Errorf("%q ended with %v", whole, err)
		}
		wantText(t, strings.Join(got, " "), "[] [1 2] [] [3]")
	}, chronicletest.WithPositionsAhead())
}
