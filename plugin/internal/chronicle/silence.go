package chronicle

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// trickle is how many times the idle timeout bytes may come without the end of a
// detection or of an element, before that is silence too: a proxy that sends white
// space now and then keeps a connection open on which nothing ever comes.
const trickle = 10

// A Timeout is the longest silence in one phase of a connection.
type Timeout struct {
	Limit time.Duration
	// Origin is the setting, in the words of the person who made it.
	Origin string
}

// Timeouts are the longest silences of a server.
type Timeouts struct {
	// Idle counts while signing in and connecting, and once the first element of an
	// answer has begun.
	Idle Timeout
	// FirstByte counts from the request until then. The first batch from far back
	// takes a server minutes.
	FirstByte Timeout
}

// A phase is what the server is waited for.
type phase uint8

const (
	connecting phase = iota // signing in and connecting, until the request is sent
	asking                  // until the first element of the answer has begun
	answering
)

// A silenceTimer cancels a connection on which nothing is heard for too long.
// It runs only while the server is waited for.
type silenceTimer struct {
	timeouts Timeouts

	mu      sync.Mutex // guards what follows
	phase   phase
	asked   time.Time // when the request was sent
	last    time.Time // when bytes of the answer's body came; zero while none did
	waiting bool
	quiet   *deadline     // for the next byte
	barren  *deadline     // for the next progress, where bytes come
	left    time.Duration // of waiting, until barren has run out
}

// A deadline is a timer that knows whether it is stale: it may fire while it is reset.
type deadline struct {
	*time.Timer
	at time.Time
}

func (d *deadline) set(wait time.Duration) {
	d.at = time.Now().Add(wait)
	d.Reset(wait)
}

func (d *deadline) passed() bool { return !time.Now().Before(d.at) }

func newSilenceTimer(timeouts Timeouts, cancel context.CancelCauseFunc) *silenceTimer {
	s := &silenceTimer{timeouts: timeouts}
	timer := func(expired func() error) *deadline {
		t := time.AfterFunc(timeouts.Idle.Limit, func() {
			if err := expired(); err != nil {
				cancel(err)
			}
		})
		t.Stop()
		return &deadline{Timer: t}
	}
	s.quiet, s.barren = timer(s.tooQuiet), timer(s.tooBarren)
	s.left = trickle * timeouts.Idle.Limit
	return s
}

// patience is for how long nothing may come from now on. It is called with mu held.
func (s *silenceTimer) patience() time.Duration {
	idle := s.timeouts.Idle.Limit
	if s.phase != asking {
		return idle
	}
	left := time.Until(s.asked.Add(s.timeouts.FirstByte.Limit))
	if s.last.IsZero() {
		return left
	}
	return max(left, idle)
}

// trickles says whether bytes keep coming. It is called with mu held.
func (s *silenceTimer) trickles() bool { return time.Since(s.last) <= s.timeouts.Idle.Limit }

// tooQuiet is the error for a time without a byte, nil if the wait is over by now.
func (s *silenceTimer) tooQuiet() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.waiting || !s.quiet.passed():
		return nil
	case s.phase == asking:
		return &SilenceError{Timeout: s.timeouts.FirstByte, Lasted: s.timeouts.FirstByte.Limit, Unanswered: true}
	}
	return &SilenceError{Timeout: s.timeouts.Idle, Lasted: s.timeouts.Idle.Limit}
}

// tooBarren is the error for a time without progress. It is nil if the wait is over by
// now, and while an answer is awaited and no bytes trickle.
func (s *silenceTimer) tooBarren() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waiting || !s.barren.passed() || s.phase == asking && !s.trickles() {
		return nil
	}
	return &SilenceError{Timeout: s.timeouts.Idle, Lasted: trickle * s.timeouts.Idle.Limit, Unanswered: s.phase == asking, Bytes: true}
}

// enter begins a phase. It is called with mu held.
func (s *silenceTimer) enter(p phase) {
	s.phase, s.left = p, trickle*s.timeouts.Idle.Limit
	if s.waiting {
		s.run()
	}
}

// run times a wait from now on. It is called with mu held.
func (s *silenceTimer) run() {
	s.waiting = true
	s.quiet.set(s.patience())
	s.barren.set(s.left)
}

// connect begins another request, with the way to the server.
func (s *silenceTimer) connect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Time{}
	s.enter(connecting)
}

// sent notes that the request was sent, if nothing of the answer was read before.
func (s *silenceTimer) sent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase == connecting {
		s.asked = time.Now()
		s.enter(asking)
	}
}

// progress notes that the first element of an answer has begun, or that a detection
// or an element came to its end.
func (s *silenceTimer) progress() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enter(answering)
}

func (s *silenceTimer) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run()
}

func (s *silenceTimer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.waiting {
		return
	}
	s.waiting = false
	s.quiet.Stop()
	s.barren.Stop()
	s.left = time.Until(s.barren.at)
}

// heard puts a silence off that is being timed.
func (s *silenceTimer) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	begins := !s.trickles()
	s.last = time.Now()
	if s.phase == asking && begins {
		s.enter(asking)
	} else if s.waiting {
		s.quiet.set(s.patience())
	}
}

// An attentiveSource times every wait for more of an answer.
type attentiveSource struct {
	stream.Source
	silence *silenceTimer
	decoder *stream.Decoder
	before  int
}

// AppendTo implements stream.Source.
func (a *attentiveSource) AppendTo(b []byte) ([]byte, error) {
	if progress := a.decoder.Progress(); progress != a.before {
		a.before = progress
		a.silence.progress()
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
