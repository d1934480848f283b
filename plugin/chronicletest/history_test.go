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

func TestWhereAStreamBegins(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		one := c.server.AppendAt(time.Now().Add(-2*time.Hour), raw(`1`)...)
		two := c.server.AppendAt(time.Now().Add(-time.Hour), raw(`2`)...)
		three := c.server.Append(raw(`3`)...)
		if want := bubbleStart.Add(-2 * time.Hour); !one.Equal(want) {
			t.Errorf("appended at %s, want %s", one, want)
		}

		now, all, last := c.open(""), c.open(from(one.Add(-time.Microsecond))), c.open(from(two))
		end := c.open(from(three))
		four := c.server.Append(raw(`4`)...)
		if !four.After(three) {
			t.Errorf("%s is not after %s", four, three)
		}
		wantText(t, now.text(), "["+batch(four, `4`))
		wantText(t, end.text(), "["+batch(four, `4`))
		wantText(t, last.text(), "["+batch(three, `3`)+",\r\n"+batch(four, `4`))
		wantText(t, all.text(), "["+batch(one, `1`)+",\r\n"+batch(two, `2`)+",\r\n"+batch(three, `3`)+",\r\n"+batch(four, `4`))
	})
}

func TestContinuationTimesIncrease(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		last := c.server.AppendAt(bubbleStart.Add(1), raw(`1`)...)
		if want := bubbleStart.Add(time.Microsecond); !last.Equal(want) {
			t.Errorf("rounded to %s, want %s", last, want)
		}
		for n := range 5 {
			at := c.server.AppendAt(bubbleStart.Add(-time.Hour), raw(make([]string, n)...)...)
			if want := last.Add(time.Duration(max(n, 1)) * time.Microsecond); !at.Equal(want) {
				t.Errorf("%d detections: %s, want %s", n, at, want)
			}
			last = at
		}
		later := bubbleStart.Add(time.Minute)
		if at := c.server.AppendAt(later, raw(`1`)...); !at.Equal(later) {
			t.Errorf("%s, want %s", at, later)
		}
	})
}

// A batch in parts of any size has a position after each part, and from each of
// them the rest can be had.
func TestParts(t *testing.T) {
	number := regexp.MustCompile(`"(\d+)"`)
	position := regexp.MustCompile(`"continuationTime": "([^"]+)"`)
	for _, size := range []int{1, 2, 3, 4, 6, 7, 8, 100} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			check := func(t *testing.T, c *client, option string) {
				begin := time.Now().Add(-time.Hour)
				c.server.AppendAt(begin.Add(time.Second), raw(`"1"`, `"2"`, `"3"`, `"4"`, `"5"`, `"6"`, `"7"`)...)
				newest := c.server.AppendAt(begin.Add(time.Second), raw(`"8"`, `"9"`)...)
				resume := begin.UTC().Format(time.RFC3339)
				for seen := 0; seen < 9; {
					stream := c.open(`{"continuationTime":"` + resume + `"` + option + `}`)
					elements := strings.Split(strings.TrimPrefix(stream.text(), "["), ",\r\n")
					detections := number.FindAllStringSubmatch(elements[0], -1)
					// Only as much as the first part has; the next stream goes on there.
					for i, d := range detections {
						if d[1] != fmt.Sprint(seen+1+i) {
							t.Fatalf("after %d detections, from %s, came %s", seen, resume, elements[0])
						}
					}
					if left := 7 - seen; len(detections) > size || left > 0 && len(detections) != min(size, left) {
						t.Fatalf("after %d detections came %d at once", seen, len(detections))
					}
					seen += len(detections)
					resume = position.FindStringSubmatch(elements[0])[1]
					stream.close()
				}
				if resume != stamp(newest) {
					t.Errorf("ends at %s, want %s", resume, stamp(newest))
				}
			}
			bubble(t, func(t *testing.T, c *client) { check(t, c, "") }, chronicletest.WithMaxBatch(size))
			bubble(t, func(t *testing.T, c *client) { check(t, c, fmt.Sprintf(`,"detectionBatchSize":%d`, size)) },
				chronicletest.WithMaxBatch(5))
		})
	}
}

func TestVerbatimElements(t *testing.T) {
	for _, test := range []struct {
		name, element string
		again         bool // whether who resumes before it has it again
	}{
		{"empty object", `{}`, false},
		{"unknown", `{"continuationTime": "2000-01-01T00:00:09Z", "surprise": 1}`, false},
		{"error", `{"error": {"code": 503}, "continuationTime": "2000-01-01T00:00:09Z"}`, false},
		{"heartbeat", `{"heartbeat": true}`, false},
		{"not JSON", `<html>`, false},
		{"heartbeat with a time", `{"continuationTime": "2000-01-01T00:00:09Z", "heartbeat": true}`, true},
		{"heartbeat with a start time", `{"nextPageStartTime": "2000-01-01T00:00:09Z", "heartbeat": true}`, true},
		{"two positions", `{"continuationTime": "2000-01-01T00:00:09Z", "nextPageStartTime": "2000-01-01T00:00:09Z"}`, false},
		{"empty batch", `{"detections":[],"continuationTime":"2000-01-01T00:00:09Z"}`, true},
		{"empty batch of the past", `{"detections":[],"continuationTime":"1999-01-01T00:00:09Z"}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *client) {
				one := c.server.Append(raw(`1`)...)
				live := c.open("")
				c.server.AppendElement(json.RawMessage(test.element))
				wantText(t, live.text(), "["+test.element)

				time.Sleep(10 * time.Second)
				two := c.server.Append(raw(`2`)...)
				wantText(t, live.text(), "["+test.element+",\r\n"+batch(two, `2`))

				want := "[" + batch(two, `2`)
				if test.again {
					want = "[" + test.element + ",\r\n" + batch(two, `2`)
				}
				wantText(t, c.open(from(one)).text(), want)
				wantText(t, c.open(from(bubbleStart.Add(9*time.Second))).text(), "["+batch(two, `2`))
				wantText(t, c.open(from(one.Add(-1*time.Microsecond))).text(),
					"["+batch(one, `1`)+",\r\n"+test.element+",\r\n"+batch(two, `2`))
			})
		})
	}
}

func TestVerbatimElementFirst(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.AppendElement(json.RawMessage(`{}`))
		c.server.AppendElement(nil)
		wantText(t, c.open(from(bubbleStart.Add(-time.Hour))).text(), "[{},\r\n")
		wantText(t, c.open("").text(), "[")
	})
}
