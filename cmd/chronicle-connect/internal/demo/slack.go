package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// postLines is how many lines of a post the terminal shows.
const postLines = 45

// containing finds in a post's header how many detections its batch has. What
// the demo reports as delivered is read from what Slack was told.
var containing = regexp.MustCompile(`(?m)^Got stream response .* containing (\d+) detections\.$`)

// slackStandIn takes posts like an incoming webhook and shows them.
type slackStandIn struct {
	screen   *screen
	listener net.Listener
	server   *http.Server

	mu         sync.Mutex // guards what follows
	posts      int
	detections int
	listed     int           // detections of the current batch still to be listed
	changed    chan struct{} // closed and replaced at every post
}

// listedDetection finds the detections that a post lists, by the line that
// each of them has.
var listedDetection = regexp.MustCompile(`(?m)^\tTime Window: `)

func newSlackStandIn(screen *screen) (*slackStandIn, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for posts: %w", err)
	}
	s := &slackStandIn{screen: screen, listener: listener, changed: make(chan struct{})}
	s.server = &http.Server{Handler: http.HandlerFunc(s.receive), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		// It ends with ErrServerClosed when the demo does.
		_ = s.server.Serve(listener)
	}()
	return s, nil
}

func (s *slackStandIn) close() { _ = s.server.Close() }

func (s *slackStandIn) address() string { return "http://" + s.listener.Addr().String() }

func (s *slackStandIn) url() string { return s.address() + "/services/T0/B0/demo" }

func (s *slackStandIn) receive(w http.ResponseWriter, r *http.Request) {
	var post struct {
		Text string `json:"text"`
	}
	if err := json.NewDecoder(r.Body).Decode(&post); err != nil || post.Text == "" {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	s.take(post.Text)
	fmt.Fprint(w, "ok")
}

func (s *slackStandIn) take(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts++
	if header := containing.FindStringSubmatch(text); header != nil {
		// Only digits match, so this cannot fail but for absurd lengths.
		n, _ := strconv.Atoi(header[1])
		s.detections += n
		if n <= 100 {
			s.listed += n
		}
	}
	s.listed -= len(listedDetection.FindAllString(text, -1))
	s.screen.post(s.posts, text)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *slackStandIn) delivered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.detections
}

func (s *slackStandIn) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts
}

// waitFor waits until n detections were announced, and those that are to be
// listed were.
func (s *slackStandIn) waitFor(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		complete, changed := s.detections >= n && s.listed <= 0, s.changed
		s.mu.Unlock()
		if complete {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
