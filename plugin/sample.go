package plugin

import (
	"fmt"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
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

// A sample is a kind of warning that may come as often as there are elements.
// The first few are logged as they are, and of the others how many there were.
// None goes uncounted: what is left is told at the next tick, or at the end.
type sample struct {
	log *service.Logger

	mu     sync.Mutex // guards what follows, never held while logging
	lines  int        // in a row
	more   int        // not told yet
	latest string     // of those
	seen   time.Time  // the last one
	told   time.Time  // the last line
}

func (s *sample) warnf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); s.note(time.Now(), text) {
		s.log.Warnf("%s", text)
	}
}

// note takes in a warning, and says whether it is a line of its own.
func (s *sample) note(now time.Time, text string) (line bool) {
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

// tick tells of what was not told yet, once it is time.
func (s *sample) tick(now time.Time) { s.tell(now, sampleInterval) }

// end tells of what was not told yet.
func (s *sample) end() { s.tell(time.Now(), 0) }

// tell tells of what was not told yet, if the last line is that long ago.
func (s *sample) tell(now time.Time, ago time.Duration) {
	if line := s.rest(now, ago); line != "" {
		s.log.Warnf("%s", line)
	}
}

func (s *sample) rest(now time.Time, ago time.Duration) (line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more == 0 || now.Sub(s.told) < ago {
		return ""
	}
	line = fmt.Sprintf("And %d more like that in %s, the latest: %s", s.more, roughly(now.Sub(s.told)), s.latest)
	s.more, s.told = 0, now
	return line
}

// samples are the input's, by what they warn of.
type samples struct{ unknown, garbled, rejected sample }

func newSamples(log *service.Logger) *samples {
	return &samples{unknown: sample{log: log}, garbled: sample{log: log}, rejected: sample{log: log}}
}

func (s *samples) each(do func(*sample)) {
	for _, one := range []*sample{&s.unknown, &s.garbled, &s.rejected} {
		do(one)
	}
}
