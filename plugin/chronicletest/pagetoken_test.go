package chronicletest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestExpiredTokens(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		stream := c.open(since(backlog(c, 3)))
		first := elements(t, stream.text())[0]
		wantText(t, c.open(first.after("")).text(), strings.Replace(stream.text(), split(stream.text())[0]+",\r\n", "", 1))

		c.server.ExpireTokens()
		text := c.refused(c.request(t.Context(), first.after("")), 400)
		if !strings.Contains(text, "pageToken") || !strings.Contains(text, "INVALID_ARGUMENT") {
			t.Errorf("got %s", text)
		}
		// A start time beside it doesn't save it, and alone is good.
		at := `"pageStartTime":"` + first.NextPageStartTime + `"`
		c.refused(c.request(t.Context(), first.after(","+at)), 400)
		again := elements(t, c.open("{"+at+"}").text())[0]

		// The same place has a good token from now on.
		if again.NextPageToken == first.NextPageToken {
			t.Error("the expired token is given out again")
		}
		c.open(again.after(""))
		if !stream.isOpen() {
			t.Error("expiring tokens has ended a stream")
		}
	}, chronicletest.WithBothPositions())
}

// What a token outranks may be as old as it likes.
func TestTokenOutranksTimes(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		body := c.open(since(backlog(c, 3))).text()
		first := elements(t, body)[0]
		request := first.after(`,"pageStartTime":"1990-01-01T00:00:00Z","continuationTime":"2030-01-01T00:00:00Z"`)
		wantText(t, c.open(request).text(), strings.Replace(body, split(body)[0]+",\r\n", "", 1))
		if got := c.server.Requests()[1]; got.PageToken != first.NextPageToken || got.PageStartTime != "1990-01-01T00:00:00Z" ||
			got.ContinuationTime != "2030-01-01T00:00:00Z" {
			t.Errorf("remembered %+v", got)
		}
		text := c.refused(c.request(t.Context(), first.after(`,"pageStartTime":"x"`)), 400)
		if !strings.Contains(text, "pageStartTime") {
			t.Errorf("got %s", text)
		}
	})
}

func TestForgedTokens(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		good := elements(t, c.open(since(backlog(c, 2))).text())[0].NextPageToken
		for i := range good {
			forged := []byte(good)
			forged[i] ^= 1 // still a letter, a digit, or outside the alphabet
			c.refused(c.request(t.Context(), element{NextPageToken: string(forged)}.after("")), 400)
		}
		for _, forged := range []string{good[:len(good)-1], good + "A", good + "=", good + "\\n", good + good, "AAAA"} {
			c.refused(c.request(t.Context(), element{NextPageToken: forged}.after("")), 400)
		}
		c.open(element{NextPageToken: good}.after(""))
	})
	// Another server's token is as unknown as any.
	var other string
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		other = elements(t, c.open(since(backlog(c, 2))).text())[0].after("")
	})
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		backlog(c, 2)
		c.refused(c.request(t.Context(), other), 400)
	})
}

func TestTokenBeyondTheRetention(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		first := elements(t, c.open(since(backlog(c, 2))).text())[0]
		time.Sleep(time.Hour) // the batch is two hours old, and as old as may be
		c.open(first.after(""))
		time.Sleep(time.Nanosecond)
		text := c.refused(c.request(t.Context(), first.after("")), 400)
		if !strings.Contains(text, "pageToken") {
			t.Errorf("got %s", text)
		}
	}, chronicletest.WithRetention(2*time.Hour))
}

// A token that a test makes up is served, and is unknown when it comes back.
func TestMadeUpToken(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c = c.chronicle()
		made := `{"nextPageToken": "made up", "detections": [1]}`
		stream := c.open("")
		c.server.AppendElement(json.RawMessage(made))
		wantText(t, stream.text(), "["+made)
		c.refused(c.request(t.Context(), `{"pageToken":"made up"}`), 400)
	})
}
