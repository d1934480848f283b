package servers

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// An Answer is what a request gets.
type Answer struct {
	Status int
	Body   string
	Header http.Header
}

// An Answering is an HTTP server that says no in the ways that it was told, one a
// request, and then yes. It keeps what it was asked.
type Answering struct {
	*httptest.Server

	mu     sync.Mutex // guards what follows
	noes   []Answer   // that are left
	bodies []string
	times  []time.Time // of the requests
}

// StartAnswering starts one; yes answers a request's body once there are no noes
// left. It ends with the test.
func StartAnswering(t *testing.T, yes func(body string) Answer, noes ...Answer) *Answering {
	t.Helper()
	a := &Answering{noes: noes}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client broke off
		}
		answer := a.next(string(body), yes)
		maps.Copy(w.Header(), answer.Header)
		w.WriteHeader(answer.Status)
		_, _ = io.WriteString(w, answer.Body) // fails only where the client broke off
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *Answering) next(body string, yes func(string) Answer) Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.bodies, a.times = append(a.bodies, body), append(a.times, time.Now())
	if len(a.noes) == 0 {
		return yes(body)
	}
	no := a.noes[0]
	a.noes = a.noes[1:]
	return no
}

// Bodies are those of all requests so far.
func (a *Answering) Bodies() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.bodies...)
}

// Times are when the requests came.
func (a *Answering) Times() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]time.Time(nil), a.times...)
}
