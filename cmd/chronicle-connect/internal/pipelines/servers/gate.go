//go:build !minimal

package servers

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A Gate is a proxy in front of a server that answers for it where a request's body has
// a text, until it is told otherwise.
type Gate struct {
	*httptest.Server

	mu      sync.Mutex // guards what follows
	text    string     // "" where the gate is open
	answer  Answer
	stopped int // requests that it has answered
	passed  int // requests that the server has answered
}

// StartGate starts an open gate in front of a server. It ends with the test.
func StartGate(t *testing.T, address string) *Gate {
	t.Helper()
	// The Host header may be signed, so it stays.
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: address})
		r.Out.Host = r.In.Host
	}}
	g := &Gate{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client broke off
		}
		if answer, stop := g.stop(string(body)); stop {
			maps.Copy(w.Header(), answer.Header)
			w.WriteHeader(answer.Status)
			_, _ = io.WriteString(w, answer.Body) // fails only where the client broke off
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		through.ServeHTTP(w, r)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.passed++
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *Gate) stop(body string) (answer Answer, stop bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.text == "" || !strings.Contains(body, g.text) {
		return Answer{}, false
	}
	g.stopped++
	return g.answer, true
}

// Stop answers requests whose body has the text from now on.
func (g *Gate) Stop(text string, answer Answer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.text, g.answer, g.stopped, g.passed = text, answer, 0, 0
}

// Stopped is how many requests it has answered since it was told to.
func (g *Gate) Stopped() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stopped
}

// Passed is how many requests the server has answered since then.
func (g *Gate) Passed() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.passed
}

// Open lets all requests through.
func (g *Gate) Open() { g.Stop("", Answer{}) }
