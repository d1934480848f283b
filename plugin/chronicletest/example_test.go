package chronicletest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// openStream opens a stream as the simplest of clients does. A real one gets its
// token with Server.CredentialsJSON.
func openStream(server *chronicletest.Server, body string) (*http.Response, error) {
	r, err := http.NewRequest(http.MethodPost, server.URL+"/v2/detect/rules:streamDetectionAlerts", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+server.AccessToken())
	return http.DefaultClient.Do(r)
}

// A backlog, read from an hour ago on.
func Example() {
	server := chronicletest.NewServer()
	defer server.Close()

	hourAgo := time.Now().Add(-time.Hour)
	server.AppendAt(hourAgo.Add(time.Minute), json.RawMessage(`{"id":"de_1"}`), json.RawMessage(`{"id":"de_2"}`))
	server.AppendAt(hourAgo.Add(2*time.Minute), json.RawMessage(`{"id":"de_3"}`))

	stream, err := openStream(server, `{"continuationTime":"`+hourAgo.UTC().Format(time.RFC3339)+`"}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Body.Close()

	elements := json.NewDecoder(stream.Body)
	_, _ = elements.Token() // the array's bracket
	for range 2 {
		var batch struct{ Detections []json.RawMessage }
		if err := elements.Decode(&batch); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", batch.Detections)
	}
	// Output:
	// [{"id":"de_1"} {"id":"de_2"}]
	// [{"id":"de_3"}]
}

// The credentials for a client, whose configuration then names the server's URL
// and this file.
func ExampleServer_WriteCredentials() {
	server := chronicletest.NewServer()
	defer server.Close()

	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "credentials.json")
	if err := server.WriteCredentials(path); err != nil {
		fmt.Println(err)
		return
	}

	text, _ := os.ReadFile(path)
	var credentials struct {
		Type     string `json:"type"`
		TokenURI string `json:"token_uri"`
	}
	_ = json.Unmarshal(text, &credentials)
	fmt.Println(credentials.Type, credentials.TokenURI == server.URL+"/token")
	// Output: service_account true
}

// Three requests and their fates: refused, cut in the middle of a batch, served.
func ExampleServer_Script() {
	server := chronicletest.NewServer()
	defer server.Close()
	server.AppendElement(json.RawMessage(`{"heartbeat": true}`))
	server.AppendElement(json.RawMessage(`{"detections": []}`))
	server.Script(
		chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "30"}},
		chronicletest.Step{AfterElements: 1, AfterBytes: 7, Then: chronicletest.Cut},
		chronicletest.Step{AfterElements: 2, Then: chronicletest.End},
	)

	hourAgo := `{"continuationTime":"` + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + `"}`
	for range 3 {
		stream, err := openStream(server, hourAgo)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(stream.Body)
		_ = stream.Body.Close()
		fmt.Printf("%d, cut: %t\n%s\n", stream.StatusCode, errors.Is(err, io.ErrUnexpectedEOF), strings.ReplaceAll(string(body), "\r", ""))
	}
	for _, r := range server.Requests() {
		fmt.Print(r.Status, " ")
	}
	// Output:
	// 503, cut: false
	// {"error":{"code":503,"message":"Service Unavailable","status":"UNAVAILABLE"}}
	// 200, cut: true
	// [{"heartbeat": true},
	// {"detec
	// 200, cut: false
	// [{"heartbeat": true},
	// {"detections": []}]
	// 503 200 200
}

// The Chronicle API serves a history in windows: a batch has a token while its
// window has more, and otherwise the time at which the next window begins.
func ExampleWithWindow() {
	server := chronicletest.NewServer(chronicletest.WithWindow(2))
	defer server.Close()
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour) // yesterday
	for minute := range 3 {
		server.AppendAt(noon.Add(time.Duration(minute)*time.Minute), json.RawMessage(strconv.Itoa(minute)))
	}
	server.Script(chronicletest.Step{AfterElements: 3, Then: chronicletest.End})

	path := "/v1alpha/projects/p/locations/us/instances/i/legacy:legacyStreamDetectionAlerts"
	body := `{"pageStartTime":"` + noon.Add(-time.Minute).Format(time.RFC3339) + `"}`
	r, err := http.NewRequest(http.MethodPost, server.URL+path, strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+server.AccessToken())
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Body.Close()

	var batches []struct {
		Detections        []json.RawMessage
		NextPageToken     string
		NextPageStartTime time.Time
	}
	if err := json.NewDecoder(stream.Body).Decode(&batches); err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range batches {
		if b.NextPageToken != "" {
			fmt.Printf("%s, and the window has more\n", b.Detections)
		} else {
			fmt.Printf("%s, and a window begins after %s\n", b.Detections, b.NextPageStartTime.Format(time.TimeOnly))
		}
	}
	// Output:
	// [0], and the window has more
	// [1], and a window begins after 12:01:00
	// [2], and a window begins after 12:02:00
}

// A day's detections for a demonstration.
func ExampleGenerator() {
	server := chronicletest.NewServer()
	defer server.Close()

	g := chronicletest.NewGenerator(1)
	g.Base = time.Now().Add(-24 * time.Hour)
	for hour := range 24 {
		server.AppendAt(g.Base.Add(time.Duration(hour)*time.Hour), g.Detections(10, 4000)...)
	}
	last := g.Detection(4000)
	fmt.Println(len(last), json.Valid(last))
	// Output: 4000 true
}
