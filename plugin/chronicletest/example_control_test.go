package chronicletest_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Answers that follow from what a request says. The token p2 is the test's own,
// which the server wouldn't know: the function answers it itself. To whatever else
// it only says which step of a script is meant, and the server does the rest.
func ExampleServer_Control() {
	server := chronicletest.NewServer()
	defer server.Close()

	remove := server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
		switch {
		case call.PageToken == "p2":
			fmt.Fprint(w, `[{"detections":[{"id":"de_2"}]}]`)
			return true
		case call.Number == 1:
			call.UseStep(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 429, RetryAfter: "5"}})
		default:
			call.UseStep(chronicletest.Step{Body: []byte(`[{"nextPageToken":"p2","detections":[{"id":"de_1"}]}]`)})
		}
		return false
	})
	defer remove()

	for _, body := range []string{`{}`, `{}`, `{"pageToken":"p2"}`} {
		stream, err := openStream(server, body)
		if err != nil {
			fmt.Println(err)
			return
		}
		answer, _ := io.ReadAll(stream.Body)
		_ = stream.Body.Close()
		fmt.Printf("%d %s\n", stream.StatusCode, answer)
	}
	fmt.Println(len(server.Requests()), "requests")
	// Output:
	// 429 {"error":{"code":429,"message":"Too Many Requests","status":"RESOURCE_EXHAUSTED"}}
	// 200 [{"nextPageToken":"p2","detections":[{"id":"de_1"}]}]
	// 200 [{"detections":[{"id":"de_2"}]}]
	// 3 requests
}
