package delivery

import (
	"slices"
	"time"
)

const (
	// maxRejections is how many rejections in a row, without a delivery between them, are
	// taken for those of the messages and not of a setting.
	maxRejections = 10
	// maxWaiting is how many requests wait at most while those behind them are tried.
	maxWaiting = 100
)

// Options of a [Machine].
type Options struct {
	// DeadLetterAfter is how long a message may be refused before it gives way to the next.
	// 0 means for ever.
	DeadLetterAfter time.Duration
}

// A Machine holds the messages of one destination. It isn't safe for concurrent use.
type Machine struct {
	options Options

	// queue is what is sent, in order. What was released by a delivery is at its front,
	// with waited set.
	queue []*request
	// waiting is what was refused and is not sent before a delivery, unless nothing else
	// is left to try.
	waiting []*request
	// sent is the request without an answer, nil for none.
	sent *request
	// withdrawn are the messages of sent that nobody asks for any more.
	withdrawn map[ID]bool

	// evidence is set by a delivery and ends with the next failure: as long as it is set,
	// the destination is known to work.
	evidence bool

	notBefore  time.Time
	failures   int // in a row
	rejections int // in a row, without a delivery between them
}

// New returns a Machine that holds nothing.
func New(options Options) *Machine {
	return &Machine{options: options}
}

// A State is how the destination is doing.
type State int

// The states.
const (
	// Working says that the latest answer was an outcome, or that there was none.
	Working State = iota
	// Failing says that requests are tried again.
	Failing
	// Suspect says that so many messages were rejected in a row that a setting is more
	// likely wrong than the messages.
	Suspect
)

// State returns the present state.
func (m *Machine) State() State {
	switch {
	case m.rejections > maxRejections:
		return Suspect
	case m.failures > 0:
		return Failing
	}
	return Working
}

// Waiting returns how many requests gave way to others.
func (m *Machine) Waiting() int { return len(m.waiting) }

// Add appends requests, each of the messages that are sent together, to the queue.
func (m *Machine) Add(requests ...[]ID) {
	for _, ids := range requests {
		if len(ids) > 0 {
			m.queue = append(m.queue, &request{ids: slices.Clone(ids)})
		}
	}
}

// Withdraw forgets messages. They have no outcome, even if they are being sent.
func (m *Machine) Withdraw(ids ...ID) {
	for _, list := range []*[]*request{&m.queue, &m.waiting} {
		for _, r := range *list {
			r.ids = slices.DeleteFunc(r.ids, func(id ID) bool { return slices.Contains(ids, id) })
		}
		*list = slices.DeleteFunc(*list, func(r *request) bool { return len(r.ids) == 0 })
	}
	if m.sent == nil {
		return
	}
	for _, id := range ids {
		if slices.Contains(m.sent.ids, id) {
			if m.withdrawn == nil {
				m.withdrawn = make(map[ID]bool)
			}
			m.withdrawn[id] = true
		}
	}
}

// Next returns the messages to send now, which [Machine.Answer] has to be called for. If
// there are none, it returns the time to call Next again, which is zero where only Answer
// or Add can change anything.
func (m *Machine) Next(now time.Time) (ids []ID, again time.Time) {
	if m.sent != nil || len(m.queue)+len(m.waiting) == 0 {
		return nil, time.Time{}
	}
	again = m.notBefore
	if m.mayGiveWay() {
		if due := m.queue[0].refusedAt.Add(m.options.DeadLetterAfter); !now.Before(due) {
			m.giveWay(now)
			again = m.notBefore
		} else if due.Before(again) {
			again = due
		}
	}
	if now.Before(m.notBefore) {
		return nil, again
	}
	if m.triesQueue() {
		m.sent, m.queue = m.queue[0], m.queue[1:]
	} else {
		m.sent, m.waiting = m.waiting[0], m.waiting[1:]
	}
	return slices.Clone(m.sent.ids), time.Time{}
}

// triesQueue reports whether the next request is the queue's first, and not one that waits.
func (m *Machine) triesQueue() bool {
	return len(m.queue) > 0 && (m.queue[0].waited || len(m.waiting) < maxWaiting)
}

// mayGiveWay reports whether the first message of the queue is refused and there are others.
func (m *Machine) mayGiveWay() bool {
	if m.options.DeadLetterAfter <= 0 || len(m.queue) == 0 || len(m.queue)+len(m.waiting) < 2 || len(m.waiting) >= maxWaiting {
		return false
	}
	first := m.queue[0]
	return first.refused && !first.waited && len(first.ids) == 1
}

// aged reports whether at is set and at least DeadLetterAfter ago.
func (m *Machine) aged(now, at time.Time) bool {
	return m.options.DeadLetterAfter > 0 && !at.IsZero() && now.Sub(at) >= m.options.DeadLetterAfter
}

// giveWay has the first message of the queue wait. The next one is sent at once if it has
// never failed, which happens once for each.
func (m *Machine) giveWay(now time.Time) {
	first := m.queue[0]
	m.queue = m.queue[1:]
	first.waited = true
	m.waiting = append(m.waiting, first)
	if len(m.queue) > 0 && m.queue[0].failedAt.IsZero() && m.State() != Suspect {
		m.notBefore = now
	}
}

// release has what waits sent ahead of the queue.
func (m *Machine) release() {
	m.queue = slices.Concat(m.waiting, m.queue)
	m.waiting = nil
}

// endRelease has what was released and not sent wait again.
func (m *Machine) endRelease() {
	n := 0
	for n < len(m.queue) && m.queue[n].waited {
		n++
	}
	m.waiting = slices.Concat(m.queue[:n], m.waiting)
	m.queue = m.queue[n:]
}

// putBack returns parts of the request that was answered to where it came from. Of those
// that wait, the one to try next is at the front.
func (m *Machine) putBack(front bool, parts ...*request) {
	switch {
	case len(parts) == 0:
	case !parts[0].waited || m.evidence:
		m.queue = slices.Concat(parts, m.queue)
	case front:
		m.waiting = slices.Concat(parts, m.waiting)
	default:
		m.waiting = append(m.waiting, parts...)
	}
}
