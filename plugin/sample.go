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

	mu     sync.Mutex // guards what follows
	lines  int        // in a row
	more   int        // not told yet
	latest string     // of those
	seen   time.Time  // the last one
	told   time.Time  // the last line
}

func (s *sample) warnf(format string, args ...any) {
	now := time.Now()
	text := fmt.Sprintf(format, args...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.seen) >= sampleForget {
		s.lines = 0
	}
	s.seen = now
	if s.lines < sampleFirst {
		s.lines++
		s.told = now
		s.log.Warnf("%s", text)
		return
	}
	s.more++
	s.latest = text
}

// tick tells of what was not told yet, once it is time.
func (s *sample) tick(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.told) >= sampleInterval {
		s.flush(now)
	}
}

// end tells of what was not told yet.
func (s *sample) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flush(time.Now())
}

// flush is called with mu held.
func (s *sample) flush(now time.Time) {
	if s.more == 0 {
		return
	}
	s.log.Warnf("And %d more like that in %s, the latest: %s", s.more, roughly(now.Sub(s.told)), s.latest)
	s.more, s.told = 0, now
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
