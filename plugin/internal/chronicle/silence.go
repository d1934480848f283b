package chronicle

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A silenceTimer cancels a connection on which nothing is heard for too long.
// It runs only while the server is waited for.
type silenceTimer struct {
	timeout time.Duration

	mu      sync.Mutex // guards what follows
	timer   *time.Timer
	waiting bool
}

func newSilenceTimer(timeout time.Duration, cancel context.CancelCauseFunc) *silenceTimer {
	timer := time.AfterFunc(timeout, func() { cancel(fmt.Errorf("%w for %s", ErrSilence, timeout)) })
	timer.Stop()
	return &silenceTimer{timeout: timeout, timer: timer}
}

func (s *silenceTimer) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = true
	s.timer.Reset(s.timeout)
}

func (s *silenceTimer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = false
	s.timer.Stop()
}

// heard puts a silence off that is being timed.
func (s *silenceTimer) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting {
		s.timer.Reset(s.timeout)
	}
}

// An attentiveSource times every wait for more of the stream.
type attentiveSource struct {
	stream.Source
	silence *silenceTimer
}

// AppendTo implements stream.Source.
func (a *attentiveSource) AppendTo(b []byte) ([]byte, error) {
	a.silence.start()
	defer a.silence.stop()
	return a.Source.AppendTo(b)
}

// An attentiveReader hears what comes over the network. That may be long before
// there is more of the stream: of compressed text nothing can be read until a
// block of it is there.
type attentiveReader struct {
	r       io.Reader
	silence *silenceTimer
}

func (a *attentiveReader) Read(b []byte) (n int, err error) {
	if n, err = a.r.Read(b); n > 0 {
		a.silence.heard()
	}
	return n, err
}
