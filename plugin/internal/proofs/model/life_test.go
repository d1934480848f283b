package model_test

import (
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The life of processes, one after another.

// start begins a process unless one runs. It keeps the process's beginning
// apart from all positions before and after, since nobody could say on which
// side of a beginning at that very instant a detection is.
func (m *modelRun) start() {
	if m.process != nil {
		return
	}
	rig.Pass(max(0, time.Until(m.ledger.newest)) + time.Millisecond)
	p := newProcess()
	p.cache = &cacheHandle{modelCache: m.cache, wrote: func(key string, value []byte) { m.ledger.wrote(p, key, value) }}
	stored := m.cache.position()
	if m.rules.remembers && stored.isNone() && m.server.TokenRequests() > 0 {
		m.ledger.violate("forgotten", "an earlier process has asked for detections, and nothing is stored")
	}
	m.ledger.start(p, stored, m.rules.startsNow)
	if err := m.boot(p); err != nil {
		m.ledger.violate("ended", "starting the process: %v", err)
		return
	}
	m.process = p
	rig.Pass(time.Millisecond)
	if p.loaded.isNone() && m.rules.startsNow && !m.cache.works() {
		// The process asks for the server's now unless it is clearly too late
		// for that.
		rig.Pass(answer.ClockTolerance)
	}
}

// stop stops the process in good order. What it holds is acknowledged or
// rejected before, or acknowledged while it stops.
func (m *modelRun) stop(how string) {
	p := m.process
	if p == nil {
		return
	}
	switch how {
	case "ack":
		m.answerAll(settled)
	case "nack":
		m.answerAll(rejected)
	}
	if !m.rules.replay {
		// A rejection while the process stops is none: the messages come again.
		// It has to be known which these are.
		synctest.Wait()
	}
	ended := make(chan error)
	go func() { ended <- p.shut() }()
	for len(p.held) > 0 {
		rig.Pass(200 * time.Millisecond)
		m.answer(len(p.held)-1, nil)
	}
	if err := <-ended; err != nil {
		m.ledger.violate("stuck", "stopping: %v", err)
	}
	m.process = nil
	if m.cache.works() {
		m.ledger.checkStored(p)
	}
}

// crash ends the process at this instant: nothing that it still does counts.
func (m *modelRun) crash() {
	p := m.process
	if p == nil {
		return
	}
	m.process = nil
	p.cache.die()
	for _, held := range p.held {
		_ = held.ack(m.t.Context(), errCrashed)
	}
	if err := p.shut(); err != nil {
		m.ledger.violate("stuck", "clearing a crashed process away: %v", err)
	}
}

// bury clears a process away that crashed by itself, in the middle of a write.
func (m *modelRun) bury() {
	if m.process != nil && m.process.cache.isDead() {
		m.crash()
	}
}

// lull lets time pass, and looks at what is stored after it if that was long
// enough for a cache that failed before.
func (m *modelRun) lull(d time.Duration) {
	worked := m.cache.works()
	rig.Pass(d)
	if m.process != nil && worked && d >= 2*time.Minute {
		m.ledger.checkStored(m.process)
	}
}
