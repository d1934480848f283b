package chronicletest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Close ends every kind of stream, and whoever waits in one.
func TestCloseBreaksEverythingOff(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		c.server.Script(
			chronicletest.Step{},
			chronicletest.Step{Then: chronicletest.Stall},
			chronicletest.Step{Body: []byte("[1"), Then: chronicletest.Stall},
			chronicletest.Step{ChunkBytes: 1, ChunkDelay: time.Hour},
		)
		open := []*tap{c.open(""), c.open(""), c.open(""), c.open("")}
		unread := c.do(c.request(t.Context(), ""))
		defer unread.Body.Close()
		c.server.Append(raw(`"` + strings.Repeat("x", 1<<20) + `"`)...)
		c.server.ScriptToken(chronicletest.TokenStep{Stall: true})
		stalled := make(chan error)
		go func() {
			_, err := c.http.Get(c.server.URL + "/token")
			stalled <- err
		}()
		synctest.Wait()

		c.server.Close()
		c.server.Close()
		for i, stream := range open {
			if err := stream.end(); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("stream %d ended with %v", i, err)
			}
		}
		if _, err := io.Copy(io.Discard, unread.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the unread stream ended with %v", err)
		}
		if err := <-stalled; err == nil {
			t.Error("a stalled token request was answered")
		}
		if n := c.server.OpenStreams(); n != 0 {
			t.Errorf("%d streams are open", n)
		}
		if _, err := c.http.Do(c.request(t.Context(), "")); err == nil {
			t.Error("a closed server answers")
		}
	})
}

func TestNoGoroutineIsLeftOnAPort(t *testing.T) {
	for range 20 {
		c := loopback(t)
		c.server.Script(chronicletest.Step{}, chronicletest.Step{Then: chronicletest.Stall})
		open := []*tap{c.open(""), c.open("")}
		idle, err := net.Dial("tcp", strings.TrimPrefix(c.server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		c.server.Close()
		for _, stream := range open {
			_ = stream.end()
		}
		idle.Close()
	}
	// A goroutine's last instructions come after it has reported its end.
	stacks := make([]byte, 1<<20)
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		text := string(stacks[:runtime.Stack(stacks, true)])
		if !strings.Contains(text, "net/http.(*conn)") && !strings.Contains(text, "chronicletest.(*Server)") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines are left:\n%s", text)
		}
	}
}

func TestListener(t *testing.T) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	c := loopback(t, chronicletest.WithListener(l))
	if !strings.HasPrefix(c.server.URL, "http://127.0.0.1:") {
		t.Errorf("at %s", c.server.URL)
	}
	c.open("")
	c.server.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is not closed: %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	network := chronicletest.NewNetwork()
	l, err := network.Listen()
	if err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string][]chronicletest.Option{
		"address in use":       {chronicletest.WithNetwork(network)},
		"listener and network": {chronicletest.WithNetwork(network), chronicletest.WithListener(l)},
		"no batch":             {chronicletest.WithMaxBatch(0)},
		"no window":            {chronicletest.WithWindow(0)},
		"half an instance":     {chronicletest.WithInstance("projects/p/locations/us")},
	} {
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.HasPrefix(said, "chronicletest: ") {
					t.Errorf("%s: %q", name, said)
				}
			}()
			chronicletest.NewServer(opts...)
		}()
	}
}

func TestWaitForRequests(t *testing.T) {
	bubble(t, func(t *testing.T, c *client) {
		if err := c.server.WaitForRequests(t.Context(), 0); err != nil {
			t.Error(err)
		}
		waited := make(chan error)
		go func() { waited <- c.server.WaitForRequests(t.Context(), 2) }()
		c.open("")
		synctest.Wait()
		select {
		case err := <-waited:
			t.Fatalf("one request is not two: %v", err)
		default:
		}
		c.server.RevokeTokens()
		r := c.request(t.Context(), "")
		r.Header.Set("Authorization", "Bearer x")
		c.refused(r, 401)
		if err := <-waited; err != nil {
			t.Error(err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.server.WaitForRequests(ctx, 3); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 seen") {
			t.Error(err)
		}
		go func() { waited <- c.server.WaitForRequests(context.Background(), 3) }()
		synctest.Wait()
		c.server.Close()
		if err := <-waited; err == nil {
			t.Error("waiting outlives the server")
		}
	})
}

// What is appended once a request was seen reaches its stream.
func TestARequestSeenIsAtItsPlace(t *testing.T) {
	c := loopback(t)
	answered := make(chan string)
	r := c.request(t.Context(), "")
	go func() {
		resp, err := c.http.Do(r)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer resp.Body.Close()
		answered <- detectionsUntil(resp, "over")
	}()
	if err := c.server.WaitForRequests(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	c.server.Append(raw(`1`, `"over"`)...)
	wantText(t, <-answered, "1,")
}

// BenchmarkBacklog is the server's own share of a throughput measurement.
func BenchmarkBacklog(b *testing.B) {
	const batches, each, size = 100, 100, 4000
	server := chronicletest.NewServer()
	defer server.Close()
	g := chronicletest.NewGenerator(1)
	begin := time.Now().Add(-time.Hour)
	for i := range batches {
		server.AppendAt(begin.Add(time.Duration(i+1)*time.Second), g.Detections(each, size)...)
	}
	for b.Loop() {
		server.Script(chronicletest.Step{AfterElements: batches, Then: chronicletest.End})
		r, err := http.NewRequest(http.MethodPost, server.URL+streamPath, strings.NewReader(from(begin)))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+server.AccessToken())
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}
