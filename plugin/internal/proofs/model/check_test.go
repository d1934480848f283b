package model_test

import (
	"strings"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// The checks. Each is named by the word that its violations begin with:
//
//	lost        a detection is never delivered
//	twice       one reaches the pipeline again within a process, and was not
//	            rejected before
//	foreign     what is delivered was never sent
//	disorder    first deliveries are not in the order of sending
//	crowd       more messages are in flight, or in one batch, than was set
//	premature   a position is stored before all in front of it is acknowledged
//	backwards   the stored position moves back
//	invented    what is stored is no position that the server gave out
//	forgotten   a process has begun, and the next one does not know where
//	behind      a position that is safe is not stored in time
//	ended       the input ends by itself
//	stuck       it does not end when it is stopped, or something of it is left

// deliver takes in what a process handed to the pipeline.
func (l *ledger) deliver(p *modelProcess, bodies []string, rules modelRules) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, body := range bodies {
		places, sent := l.places[body]
		if !sent {
			l.violateLocked("foreign", "%s was never sent", brief(body))
			continue
		}
		l.delivered[body] = true
		again := p.fates[body]
		p.fates[body] = inFlight
		switch {
		case again == unseen:
			l.placeFirst(p, body, places)
		case again != rejected && again != partlyRejected && rules.dedupe && !l.nameless[body]:
			l.violateLocked("twice", "%s was delivered again", brief(body))
		}
	}
	// A batch larger than the limit comes alone, or in parts once it was
	// rejected.
	p.largest = max(p.largest, len(bodies))
	total := 0
	for _, held := range p.held {
		total += len(held.bodies)
	}
	if total > max(rules.limit, p.largest) {
		l.violateLocked("crowd", "%d messages are in flight, want at most %d", total, rules.limit)
	}
	if rules.maxBatch > 0 && len(bodies) > rules.maxBatch {
		l.violateLocked("crowd", "%d messages in a batch, want at most %d", len(bodies), rules.maxBatch)
	}
}

// placeFirst checks the order. A detection that was sent more than once may
// come at any of its places; the first one possible leaves most for the rest.
func (l *ledger) placeFirst(p *modelProcess, body string, places []int) {
	newest := places[len(places)-1]
	if newest < l.void || newest < p.from && (l.tokensExpired || l.searches) {
		// What nobody asked for may come at any time: what lies shortly before
		// a beginning or a search, and what comes again from the beginning of a window.
		return
	}
	if l.unordered && isPast(l.sent[places[0]].at) {
		return
	}
	for _, place := range places {
		if place > p.last {
			p.last = place
			return
		}
	}
	l.violateLocked("disorder", "%s came after %s, which was sent later", brief(body), brief(l.sent[p.last].body))
}

// answer takes in what the pipeline says to detections, before it says so.
func (l *ledger) answer(p *modelProcess, bodies []string, said fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, body := range bodies {
		p.fates[body] = said
		if said != rejected {
			l.acked[body] = true
		}
	}
}

// wrote takes in what a process stored, as the position or as its spare. Either
// may be what the next process resumes from.
func (l *ledger) wrote(by *modelProcess, key string, value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	stored, err := placeOf(value)
	if err != nil {
		l.violateLocked("invented", "%v", err)
		return
	}
	if stored.isBehind(l.stored, l.tokensExpired) {
		l.violateLocked("backwards", "the stored position went from %s back to %s", l.stored, stored)
	}
	// A start is of the input's own making. What it must not skip is checked
	// below.
	isStart := by.loaded.isNone() && !by.wrote
	// The ends of a search's slices are, too.
	isClock := isStart || l.clockMarks || l.searches && isPast(stored.at)
	if !l.marks[stored.at.UnixMicro()] && (!isClock || stored.at.After(time.Now())) {
		l.violateLocked("invented", "the stored position %s is none that was given out", stored)
	}
	for l.safe = max(l.safe, l.void); l.safe < len(l.sent) && !l.sent[l.safe].at.After(stored.at); l.safe++ {
		if d := l.sent[l.safe]; !l.acked[d.body] {
			l.violateLocked("premature", "the position %s was stored before %s was acknowledged, sent by %q", stored, brief(d.body), d.step)
		}
	}
	l.marks[stored.at.UnixMicro()], by.wrote = true, true
	if key == settings.Name {
		l.stored = stored
	}
}

// start takes in that a process begins, at a stored position or without one.
func (l *ledger) start(p *modelProcess, stored place, startsNow bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stored, p.loaded = stored, stored
	if p.loaded.isNone() && startsNow {
		l.void, l.since = len(l.sent), p.begun
	}
	for p.from < len(l.sent) && !l.sent[p.from].at.After(p.loaded.at) {
		p.from++
	}
}

// checkStored checks that the process stored what is safe. It is for a moment
// when the cache has worked for a while, or the process is stopped. What the process has had of elements
// without detections is not known here, so they don't count; and after page
// tokens were refused, what is read again comes first.
func (l *ledger) checkStored(p *modelProcess) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.cache.isUnreliable() || l.tokensExpired || l.searches && isPast(l.stored.at) {
		// A search stores how far it has come when a slice of it is done.
		return
	}
	var safe time.Time
	for i, d := range l.sent[p.from:] {
		said := p.fates[d.body]
		if p.from+i < l.void && said == unseen {
			continue
		}
		if said != settled {
			break
		}
		if d.whole {
			safe = d.at
		}
	}
	if safe.After(l.stored.at) {
		l.violateLocked("behind", "%s is stored, though all up to %s is acknowledged", l.stored, rig.RFC3339(safe))
	}
}

// missing is what has to happen yet: the first detection that is not delivered
// and acknowledged, or the last position if it is not stored.
func (l *ledger) missing() (check, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.sent[l.void:] {
		switch {
		case !l.delivered[d.body]:
			return "lost", brief(d.body) + " was never delivered, sent by " + d.step
		case !l.acked[d.body]:
			return "lost", brief(d.body) + " was never delivered again, sent by " + d.step
		}
	}
	if l.due.After(l.since) && l.stored.at.Before(l.due) {
		return "behind", "the last position is not stored: " + l.stored.String() + ", want " + rig.RFC3339(l.due)
	}
	return "", ""
}

// brief is a detection without its padding.
func brief(body string) string {
	for strings.Contains(body, "xxxx") {
		body = strings.ReplaceAll(body, "xxxx", "x")
	}
	return body
}
