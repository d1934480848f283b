package journal

import (
	"fmt"
	"sync"
	"time"
)

const (
	// sampleFirst is how many warnings of one kind are a line each.
	sampleFirst = 5

	// sampleInterval is the time between two lines from then on.
	sampleInterval = 5 * time.Minute

	// sampleForget is after how long without a warning the next ones are a line
	// each again.
	sampleForget = time.Hour
)

// A Log takes warnings.
type Log interface {
	Warnf(format string, args ...any)
}

// NewSample returns a kind of warning of which none has come.
func NewSample(log Log) *Sample { return &Sample{log: log} }

// A Sample is a kind of warning that may come as often as there are elements.
// The first few are logged as they are, and of the others how many there were.
// None goes uncounted: what is left is told at the next tick, or at the end. It is
// safe for concurrent use.
type Sample struct {
	log Log

	mu     sync.Mutex // guards what follows, never held while logging
	lines  int        // in a row
	more   int        // not told yet
	latest string     // of those
	seen   time.Time  // the last one
	told   time.Time  // the last line
}

// Warnf warns.
func (s *Sample) Warnf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); s.note(time.Now(), text) {
		s.log.Warnf("%s", text)
	}
}

// note takes in a warning, and says whether it is a line of its own.
func (s *Sample) note(now time.Time, text string) (line bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.seen) >= sampleForget {
		s.lines = 0
	}
	s.seen = now
	if s.lines < sampleFirst {
		s.lines++
		s.told = now
		return true
	}
	s.more++
	s.latest = text
	return false
}

// Tick tells of what was not told yet, once it is time.
func (s *Sample) Tick(now time.Time) { s.tell(now, sampleInterval) }

// End tells of what was not told yet.
func (s *Sample) End() { s.tell(time.Now(), 0) }

// tell tells of what was not told yet, if the last line is that long ago.
func (s *Sample) tell(now time.Time, ago time.Duration) {
	if line := s.rest(now, ago); line != "" {
		s.log.Warnf("%s", line)
	}
}

func (s *Sample) rest(now time.Time, ago time.Duration) (line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more == 0 || now.Sub(s.told) < ago {
		return ""
	}
	line = fmt.Sprintf("And %d more like that in %s, the latest: %s", s.more, roughly(now.Sub(s.told)), s.latest)
	s.more, s.told = 0, now
	return line
}
