package chronicletest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const streamPath = "/v2/detect/rules:streamDetectionAlerts"

// client talks to a server as plainly as can be.
type client struct {
	t      *testing.T
	server *chronicletest.Server
	http   *http.Client
	path   string // of the stream
}

// bubble runs test with a server on an in-memory network, in a bubble where the
// clock moves only when everything waits. The bubble's end proves that neither
// the server nor its connections leave a goroutine behind.
func bubble(t *testing.T, test func(t *testing.T, c *client), opts ...chronicletest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := chronicletest.NewNetwork()
		server := chronicletest.NewServer(append(opts, chronicletest.WithNetwork(network))...)
		defer server.Close()
		transport := &http.Transport{DialContext: network.DialContext, DisableCompression: true}
		defer transport.CloseIdleConnections()
		test(t, &client{t: t, server: server, http: &http.Client{Transport: transport}, path: streamPath})
	})
}

// loopback is a client of a server on a real port.
func loopback(t *testing.T, opts ...chronicletest.Option) *client {
	t.Helper()
	server := chronicletest.NewServer(opts...)
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, server: server, http: &http.Client{Transport: transport}, path: streamPath}
}

// request is a good stream request with that body.
func (c *client) request(ctx context.Context, body string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server.URL+c.path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.server.AccessToken())
	return r
}

// do sends a request and returns the answer as it begins.
func (c *client) do(r *http.Request) *http.Response {
	c.t.Helper()
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// refused sends a request that is to be refused, and returns what was said.
func (c *client) refused(r *http.Request, status int) string {
	c.t.Helper()
	resp := c.do(r)
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil || resp.StatusCode != status {
		c.t.Fatalf("got %d %q (%v), want %d", resp.StatusCode, body, err, status)
	}
	return string(body)
}

// open opens a stream and reads it in the background.
func (c *client) open(body string) *tap {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	resp := c.do(c.request(ctx, body))
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		c.t.Fatalf("opening a stream: %d %s", resp.StatusCode, text)
	}
	tp := &tap{leave: cancel, ended: make(chan struct{}), header: resp.Header}
	go tp.drain(resp.Body)
	c.t.Cleanup(tp.close)
	return tp
}

// tap is an open stream that is read as fast as it comes.
type tap struct {
	leave  context.CancelFunc
	ended  chan struct{} // closed once the body is over
	header http.Header

	mu  sync.Mutex // guards got and err
	got bytes.Buffer
	err error
}

func (tp *tap) drain(body io.ReadCloser) {
	defer close(tp.ended)
	defer body.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := body.Read(buffer)
		tp.mu.Lock()
		tp.got.Write(buffer[:n])
		tp.err = err
		tp.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// close leaves the stream.
func (tp *tap) close() {
	tp.leave()
	<-tp.ended
}

// text is everything that came once nothing moves any more. For bubbles only.
func (tp *tap) text() string {
	synctest.Wait()
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return tp.got.String()
}

// end is the error that ended the body, io.EOF after a good end.
func (tp *tap) end() error {
	<-tp.ended
	tp.mu.Lock()
	defer tp.mu.Unlock()
	return tp.err
}

// isOpen tells whether the stream still goes on. For bubbles only.
func (tp *tap) isOpen() bool {
	synctest.Wait()
	select {
	case <-tp.ended:
		return false
	default:
		return true
	}
}

// batch is the element that a detection batch becomes.
func batch(at time.Time, detections ...string) string {
	return `{"continuationTime": "` + stamp(at) + `", "detections": [` + strings.Join(detections, ",") + `]}`
}

// from is the body of a request that resumes at a position.
func from(at time.Time) string { return `{"continuationTime":"` + stamp(at) + `"}` }

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }

// raw turns texts into detections.
func raw(texts ...string) []json.RawMessage {
	all := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		all[i] = json.RawMessage(text)
	}
	return all
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("got  %q\nwant %q", got, want)
	}
}
