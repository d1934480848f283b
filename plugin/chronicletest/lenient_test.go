package chronicletest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// What other services were seen to send, and a client may have to read: a script
// can say it all, because what a step holds goes out as it is.

func TestTrailingCommas(t *testing.T) {
	const lax = `{"detections":[{"id":"de_1",},],"continuationTime":"2000-01-01T00:00:00Z",}`
	bubble(t, func(t *testing.T, c *client) {
		c.server.AppendElement(json.RawMessage(lax))
		at := c.server.Append(raw(`1`)...)
		begin := from(bubbleStart.Add(-time.Second))
		wantText(t, c.open(begin).text(), "["+lax+",\r\n"+batch(at, `1`))

		c.server.Script(
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail, ErrorElement: json.RawMessage(`{"error":{"code":503,},}`)},
			chronicletest.Step{Body: []byte("[" + lax + ",]")},
		)
		wantText(t, c.open(begin).text(), "["+lax+",\r\n"+`{"error":{"code":503,},}`)
		wantText(t, c.open(begin).text(), "["+lax+",]")
	})
}

func TestNamesOfCodings(t *testing.T) {
	for _, name := range []string{"gzip", "GZIP", "x-gzip", "X-Gzip"} {
		bubble(t, func(t *testing.T, c *client) {
			c.server.Script(chronicletest.Step{Body: packed(`[{}]`), Header: http.Header{"Content-Encoding": {name}}})
			stream := c.open("")
			if got := stream.header.Get("Content-Encoding"); got != name {
				t.Errorf("got %q", got)
			}
			wantText(t, stream.text(), string(packed(`[{}]`)))
		})
	}
}

// packed is a text as gzip makes it.
func packed(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, text) // a buffer takes it all
	_ = w.Close()
	return out.Bytes()
}

// One object where the array should be, and a coding by another of its names.
func ExampleStep() {
	server := chronicletest.NewServer()
	defer server.Close()

	one := `{"detections":[{"id":"de_1"}],"nextPageStartTime":"2025-06-01T08:00:00Z"}`
	server.Script(
		chronicletest.Step{Body: []byte(one)},
		chronicletest.Step{Body: packed(one), Header: http.Header{"Content-Encoding": {"x-gzip"}}},
	)
	for range 2 {
		stream, err := openStream(server, "")
		if err != nil {
			fmt.Println(err)
			return
		}
		body, coding := io.Reader(stream.Body), stream.Header.Get("Content-Encoding")
		if coding == "x-gzip" {
			if body, err = gzip.NewReader(stream.Body); err != nil {
				fmt.Println(err)
				return
			}
		}
		text, _ := io.ReadAll(body)
		_ = stream.Body.Close()
		fmt.Printf("%q %s\n", coding, text)
	}
	// Output:
	// "" {"detections":[{"id":"de_1"}],"nextPageStartTime":"2025-06-01T08:00:00Z"}
	// "x-gzip" {"detections":[{"id":"de_1"}],"nextPageStartTime":"2025-06-01T08:00:00Z"}
}
