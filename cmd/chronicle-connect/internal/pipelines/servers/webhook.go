package servers

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// A Webhook is what an http_client output posts to. It answers as many posts as
// it is told to, and holds the others.
type Webhook struct {
	*httptest.Server

	mu       sync.Mutex // guards what follows
	answers  int        // how many more posts are answered
	refused  string     // a line that is answered with a refusal
	held     int        // posts that wait for an answer
	answered []string   // bodies, each as a line
	changed  chan struct{}
}

// NewWebhook starts one that answers so many posts. It ends with the test.
func NewWebhook(t *testing.T, answers int) *Webhook {
	w := &Webhook{answers: answers, changed: make(chan struct{})}
	w.Server = httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(w.Close)
	return w
}

func (w *Webhook) receive(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client broke off
	}
	w.mu.Lock()
	w.held++
	for w.answers == 0 {
		changed := w.changed
		w.mu.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
		}
		w.mu.Lock()
		if r.Context().Err() != nil {
			w.held--
			w.mu.Unlock()
			return
		}
	}
	defer w.mu.Unlock()
	w.held--
	w.answers--
	line := string(body) + "\n"
	if line == w.refused {
		out.WriteHeader(http.StatusBadRequest)
		return
	}
	w.answered = append(w.answered, line)
	out.WriteHeader(http.StatusNoContent)
}

// Refuse answers a line with a refusal from now on, "" none.
func (w *Webhook) Refuse(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = line
}

// AnswerAll answers every post from now on, and those that are held.
func (w *Webhook) AnswerAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = math.MaxInt
	close(w.changed)
	w.changed = make(chan struct{})
}

// Holds is how many posts wait for an answer.
func (w *Webhook) Holds() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held
}

// Got is what was answered from the i-th post on.
func (w *Webhook) Got(i int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.answered[i:])
}

// Output is the part of a config that posts to the webhook, and waits for its
// answers as long as a test likes.
func (w *Webhook) Output(inFlight int) string {
	return fmt.Sprintf("http_client: {url: %s, max_in_flight: %d, timeout: 1h, retries: 0}", w.URL, inFlight)
}
