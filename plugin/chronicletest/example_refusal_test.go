package chronicletest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// One error in two ways: instead of a stream, and within one.
func ExampleRefusal_JSON() {
	server := chronicletest.NewServer()
	defer server.Close()

	slowDown := chronicletest.Refusal{
		Status: 429, Message: "Slow down.",
		Details: []json.RawMessage{chronicletest.RetryInfo(3 * time.Second)},
	}
	server.Script(
		chronicletest.Step{Refuse: &slowDown},
		chronicletest.Step{Then: chronicletest.Fail, ErrorElement: slowDown.JSON()},
	)
	for range 2 {
		stream, err := openStream(server, "")
		if err != nil {
			fmt.Println(err)
			return
		}
		answer, _ := io.ReadAll(stream.Body)
		_ = stream.Body.Close()
		fmt.Printf("%d %s\n", stream.StatusCode, answer)
	}
	// Output:
	// 429 {"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3s"}]}}
	// 200 [{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3s"}]}}
}
