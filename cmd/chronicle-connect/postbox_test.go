package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"sync"
	"testing"
)

// A postbox is a webhook that keeps what is posted to it.
type postbox struct {
	*httptest.Server

	mu  sync.Mutex // guards got
	got []string   // ids of detections
}

func newPostbox(t *testing.T) *postbox {
	t.Helper()
	p := &postbox{}
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
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *postbox) ids() ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got), nil
}
