package journal

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

const (
	// behindLimit is how old a position has to be when it is read for reading
	// to count as behind. A quiet account's newest position may be older than
	// that at any time, but was not when it was read.
	behindLimit = 10 * time.Minute

	// caughtUpLimit is how old it may be for reading to have caught up.
	caughtUpLimit = 5 * time.Minute

	// progressPatience is how long reading may be behind without a word: most
	// restarts have caught up by then.
	progressPatience = 30 * time.Second

	// progressInterval is the time between two lines at first,
	// progressLater from progressEarly on, and progressStuck at most while
	// nothing moves.
	progressInterval = time.Minute
	progressEarly    = 10 * time.Minute
	progressLater    = 10 * time.Minute
	progressStuck    = time.Hour

	// quietLimit is for how long nothing but heartbeats has to come until there
	// is nothing left to catch up with. A first batch from far back can take
	// over a minute.
	quietLimit = 3 * time.Minute

	// forecastLimit is how long catching up may take at most to be said: what
	// is hardly faster than real time never gets there.
	forecastLimit = 30 * 24 * time.Hour
)

// A Progress follows how reading comes closer to the present, and words it for
// the log. It goes by the positions that are read, and is handed the time.
type Progress struct {
	// End is up to where it is read, zero for the present. It is set before anything else.
	End time.Time

	mu sync.Mutex // guards what follows

	at         time.Time // the newest position
	active     time.Time // when it moved, or a detection came
	heartbeat  time.Time // the last one
	detections int64     // so far

	// since is when reading was found to be behind, zero while it is not.
	since time.Time
	start mark // how things were then
	last  mark // and at the last line
	lines int
	wait  time.Duration // from the last line to the next
	done  bool          // reading has caught up
}

// A mark is how far reading had come at a time.
type mark struct {
	now, at    time.Time
	detections int64
}

func (p *Progress) mark(now time.Time) mark { return mark{now, p.at, p.detections} }

// Moved notes the position that was read.
func (p *Progress) Moved(now, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at.Equal(p.at) {
		return
	}
	p.at, p.active = at, now
	switch age := p.left(now); {
	case p.since.IsZero() && age > behindLimit:
		p.since, p.start, p.last = now, p.mark(now), p.mark(now)
		p.lines, p.wait, p.done = 0, progressPatience, false
	case !p.since.IsZero() && age <= caughtUpLimit:
		p.done = true
	}
}

// Jumped notes that reading goes on elsewhere, without having read what is
// between.
func (p *Progress) Jumped(now, at time.Time) {
	p.Moved(now, at)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last.at = at
}

// Read notes detections that were read.
func (p *Progress) Read(now time.Time, detections int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.detections += int64(detections)
	p.active = now
}

// Beat notes a heartbeat.
func (p *Progress) Beat(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heartbeat = now
}

// Line is what there is to say at now, "" for nothing.
func (p *Progress) Line(now time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.since.IsZero():
		return ""
	case p.done && !p.End.IsZero():
		// The last word is the input's, when all is read.
		p.since, p.done = time.Time{}, false
		return ""
	case p.done:
		return p.ended(fmt.Sprintf("Caught up after %s: %d detections since %s were read",
			roughly(now.Sub(p.since)), p.detections-p.start.detections, position.At(p.start.at)))
	case p.heartbeat.Sub(p.active) >= quietLimit:
		return p.ended(fmt.Sprintf("Nothing but heartbeats has come for %s: there is nothing left to catch up with since %s",
			roughly(now.Sub(p.active)), position.At(p.at)))
	case p.active.Equal(p.start.now), now.Sub(p.last.now) < p.wait:
		// Before anything was read it may be a quiet account.
		return ""
	}
	line, moving := p.describe(now)
	switch {
	case !moving:
		p.wait = min(max(2*p.wait, progressInterval), progressStuck)
	case now.Sub(p.since) < progressEarly:
		p.wait = progressInterval
	default:
		p.wait = progressLater
	}
	p.last = p.mark(now)
	p.lines++
	return line
}

// ended forgets that reading was behind, and says so if it was ever told.
func (p *Progress) ended(line string) string {
	p.since, p.done = time.Time{}, false
	if p.lines == 0 {
		return ""
	}
	return line
}

// left is how much there is to read up to the end, or to the present.
func (p *Progress) left(now time.Time) time.Duration {
	if p.End.IsZero() {
		return now.Sub(p.at)
	}
	return p.End.Sub(p.at)
}

// describe words what happened since the last line, and says whether the gap
// becomes smaller.
func (p *Progress) describe(now time.Time) (line string, closer bool) {
	took := now.Sub(p.last.now)
	left := p.left(now)
	detections := float64(p.detections-p.last.detections) / took.Seconds()
	speed := float64(p.at.Sub(p.last.at)) / float64(took)
	text := "Catching up: " + roughly(left) + " behind, "
	closing, done := speed-1, "caught up" // the present moves on meanwhile
	if !p.End.IsZero() {
		text = "Reading up to " + position.At(p.End).String() + ": " + roughly(left) + " left, "
		closing, done = speed, "done"
	}
	switch {
	case speed <= 0 && detections == 0:
		return text + "nothing was read in the last " + roughly(took), false
	case speed <= 0:
		return fmt.Sprintf("%s%s detections/s, inside one batch or window so far", text, rate(detections)), true
	case float64(left) > closing*float64(forecastLimit):
		return fmt.Sprintf("%s%s detections/s at %s × real time, which is not enough", text, rate(detections), rate(speed)), false
	}
	return fmt.Sprintf("%s%s detections/s at %s × real time, %s in about %s", text, rate(detections), rate(speed), done, roughly(time.Duration(float64(left)/closing))), true
}

// rate is a number to two digits or all before the point.
func rate(n float64) string {
	if n < 10 {
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// roughly is a duration in seconds, or in minutes where it has hours.
func roughly(d time.Duration) string {
	if d >= time.Hour {
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return d.Round(time.Second).String()
}
