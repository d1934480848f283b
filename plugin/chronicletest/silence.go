package chronicletest

import "time"

// silence measures for how long nothing was sent.
type silence struct {
	interval time.Duration
	timer    *time.Timer // nil if there are no heartbeats
}

func newSilence(interval time.Duration) *silence {
	if interval <= 0 {
		return &silence{}
	}
	return &silence{interval: interval, timer: time.NewTimer(interval)}
}

// over yields when it has been silent for the whole interval.
func (s *silence) over() <-chan time.Time {
	if s.timer == nil {
		return nil
	}
	return s.timer.C
}

// restart is called whenever something was sent.
func (s *silence) restart() {
	if s.timer != nil {
		s.timer.Reset(s.interval)
	}
}

func (s *silence) stop() {
	if s.timer != nil {
		s.timer.Stop()
	}
}
