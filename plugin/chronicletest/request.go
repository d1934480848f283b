package chronicletest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Request is a stream request as the server saw it.
type Request struct {
	Time         time.Time // when it came in
	Method, Path string
	Header       http.Header // with what is secret in Authorization replaced
	Body         []byte      // as sent, at most 1 MiB

	// API is what the path belongs to: "backstory" or "chronicle", the names that
	// clients' configurations use, or "" for a wrong path.
	API string
	// ContinuationTime, PageToken and PageStartTime are the fields of those names
	// as sent, "" if there was none. A token is no secret and stays readable.
	ContinuationTime, PageToken, PageStartTime string

	// Query is the parameters of a search, nil of a stream.
	Query url.Values

	// Status is what was answered, or 0 if a control function broke the
	// connection off without a status.
	Status int
	// Proto is the protocol's version, such as "HTTP/1.1".
	Proto string
}

// describe is r, for the API a if that isn't nil, as it is remembered: as yet
// without an answer.
func describe(r *http.Request, a api, body []byte, fields payload, now time.Time) Request {
	header := r.Header.Clone()
	if given := header.Get("Authorization"); given != "" {
		redacted := "[redacted]"
		if scheme, _, ok := strings.Cut(given, " "); ok {
			redacted = scheme + " " + redacted
		}
		header.Set("Authorization", redacted)
	}
	seen := Request{
		Time: now, Method: r.Method, Path: r.URL.Path, Header: header, Body: body,
		Proto: r.Proto,
	}
	if a != nil {
		seen.API = a.name()
	}
	seen.ContinuationTime, _ = fields.str(fieldContinuationTime)
	seen.PageToken, _ = fields.str(fieldPageToken)
	seen.PageStartTime, _ = fields.str(fieldPageStartTime)
	return seen
}

// requestLog remembers the stream requests.
type requestLog struct {
	mu       sync.Mutex // guards everything below
	requests []Request
	changed  chan struct{} // closed, and replaced, at each request
}

func newRequestLog() *requestLog { return &requestLog{changed: make(chan struct{})} }

// add remembers a request whose answer is decided, and not yet sent: whoever
// waits for the request may count on the stream to be at its place.
func (l *requestLog) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, r)
	close(l.changed)
	l.changed = make(chan struct{})
}

// seen is how many requests there were, and what tells of the next.
func (l *requestLog) seen() (int, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.requests), l.changed
}

func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests)
}

// Requests are all requests so far but those for tokens, in the order in which
// they were answered. Refused ones are among them, those to a wrong path, and
// those that a control function answered.
func (s *Server) Requests() []Request { return s.requests.all() }

// errClosed is why waiting for a closed server ends.
var errClosed = errors.New("the server is closed")

// WaitForRequests waits until Requests has at least n. A stream is by then at
// its place in the history: what is appended afterwards reaches it. It fails
// when ctx ends or the server is closed.
func (s *Server) WaitForRequests(ctx context.Context, n int) error {
	for {
		seen, more := s.requests.seen()
		if seen >= n {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d stream requests, %d seen: %w", n, seen, context.Cause(ctx))
		case <-s.closing:
			return fmt.Errorf("waiting for %d stream requests, %d seen: %w", n, seen, errClosed)
		}
	}
}
