package chronicle

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// trickle is how many times the timeout bytes may come without the end of a
// detection or of an element, before that is silence too: a proxy that sends white
// space now and then keeps a connection open on which nothing ever comes.
const trickle = 10

// A silenceTimer cancels a connection on which nothing is heard for too long.
// It runs only while the server is waited for.
type silenceTimer struct {
	timeout time.Duration

	mu      sync.Mutex // guards what follows
	waiting bool
	quiet   *time.Timer   // since the last byte
	barren  *time.Timer   // since the last end of something
	left    time.Duration // of waiting, until barren has run out
	since   time.Time     // the present wait
}

func newSilenceTimer(timeout time.Duration, cancel context.CancelCauseFunc) *silenceTimer {
	quiet := time.AfterFunc(timeout, func() { cancel(fmt.Errorf("%w for %s", ErrSilence, timeout)) })
	quiet.Stop()
	barren := time.AfterFunc(trickle*timeout, func() {
		cancel(fmt.Errorf("%w but single bytes for %s, and no detection or element came to its end", ErrSilence, trickle*timeout))
	})
	barren.Stop()
	return &silenceTimer{timeout: timeout, quiet: quiet, barren: barren, left: trickle * timeout}
}

func (s *silenceTimer) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting, s.since = true, time.Now()
	s.quiet.Reset(s.timeout)
	s.barren.Reset(s.left)
}

func (s *silenceTimer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = false
	s.quiet.Stop()
	s.barren.Stop()
	s.left -= time.Since(s.since)
}

// heard puts a silence off that is being timed.
func (s *silenceTimer) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting {
		s.quiet.Reset(s.timeout)
	}
}

// whole notes, between two waits, that something came to its end.
func (s *silenceTimer) whole() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = trickle * s.timeout
}

// An attentiveSource times every wait for more of the stream.
type attentiveSource struct {
	stream.Source
	silence *silenceTimer
	ended   func() int // how many detections and elements came to their end
	before  int
}

// AppendTo implements stream.Source.
func (a *attentiveSource) AppendTo(b []byte) ([]byte, error) {
	if ended := a.ended(); ended != a.before {
		a.before = ended
		a.silence.whole()
	}
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
