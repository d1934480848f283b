package servers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// A Postbox is a webhook that keeps what is posted to it.
type Postbox struct {
	*httptest.Server

	mu  sync.Mutex // guards got
	got []string   // ids of detections
}

// NewPostbox starts one, which ends with the test.
func NewPostbox(t *testing.T) *Postbox {
	t.Helper()
	p := &Postbox{}
	id := regexp.MustCompile(`de_[0-9a-f-]{36}`)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		post, err := io.ReadAll(r.Body)
		if err != nil { // of a worker that was killed
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.got = append(p.got, id.FindString(string(post)))
		_, _ = io.WriteString(w, SlackYes) // fails only where the client broke off
	}))
	t.Cleanup(p.Close)
	return p
}

// IDs are the ids of the detections that were posted so far.
func (p *Postbox) IDs() ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got), nil
}
