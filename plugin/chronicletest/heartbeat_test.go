package chronicletest_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestHeartbeatPositions(t *testing.T) {
	for name, options := range map[string][]chronicletest.Option{
		"":                  nil,
		"nextPageStartTime": {chronicletest.WithHeartbeatPositions()},
		"continuationTime":  {chronicletest.WithHeartbeatPositions(), chronicletest.WithContinuationTimes()},
	} {
		bubble(t, func(t *testing.T, c *client) {
			position := func(at time.Time) string {
				if name == "" {
					return beat
				}
				return `{"` + name + `": "` + stamp(at) + `", "heartbeat": true}`
			}
			live, other := c.chronicle().open(""), c.open("")
			time.Sleep(30 * time.Second)
			want := "[" + position(bubbleStart.Add(15*time.Second)) + ",\r\n" + position(bubbleStart.Add(30*time.Second))
			wantText(t, live.text(), want)
			wantText(t, other.text(), "["+beat+",\r\n"+beat)
			if name == "" {
				return
			}
			// What comes later is after every position given out, at any time.
			heard := time.Now()
			at := c.server.AppendAt(bubbleStart.Add(-time.Hour), raw("1")...)
			if !at.After(heard) {
				t.Errorf("%s is not after the heartbeat at %s", at, heard)
			}
			synctest.Wait()
			for _, body := range []string{since(heard), from(heard)} {
				if got := elements(t, c.chronicle().open(body).text()); len(got) != 1 || string(got[0].Detections[0]) != "1" {
					t.Errorf("from %s came %v", body, got)
				}
			}
		}, options...)
	}
}

// A heartbeat's position is ahead of everything that follows it on the stream.
func TestHeartbeatPositionsComeFirst(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		stream := c.chronicle().open("")
		time.Sleep(15 * time.Second)
		wantText(t, stream.text(), `[{"nextPageStartTime": "`+stamp(time.Now())+`", "heartbeat": true}`)
		one := c.server.AppendAt(bubbleStart, raw("1")...)
		two := c.server.AppendAt(bubbleStart, raw("2")...)
		c.server.AppendElement(json.RawMessage(`{}`))
		if want := bubbleStart.Add(15*time.Second + time.Microsecond); !one.Equal(want) || !two.After(one) {
			t.Errorf("appended at %s and %s, want %s", one, two, want)
		}
		body := stream.text()
		if got := elements(t, body); len(got) != 4 || got[2].NextPageStartTime != stamp(two) || got[3].NextPageStartTime != "" {
			t.Errorf("got %s", body)
		}
	}, chronicletest.WithHeartbeatPositions())
}
