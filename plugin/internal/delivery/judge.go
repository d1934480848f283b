package delivery

import (
	"slices"
	"time"
)

// Answer judges the answer to the request that [Machine.Next] returned, and returns the
// messages that it is the end of.
func (m *Machine) Answer(now time.Time, answer Answer) (outcomes []Outcome) {
	r := m.sent
	if r == nil {
		return nil
	}
	m.sent = nil
	verdicts := answer.verdicts(len(r.ids))
	var rejected, rest []ID
	delivered, down := false, false
	for i, id := range r.ids {
		delivered = delivered || verdicts[i] == Delivered
		switch {
		case m.withdrawn[id]:
		case verdicts[i] == Delivered:
			outcomes = append(outcomes, Outcome{ID: id, Reason: answer.Reason})
		case verdicts[i] == Rejected:
			rejected = append(rejected, id)
		default:
			down = down || verdicts[i] == Down // of one item: the age of the others can wait
			rest = append(rest, id)
		}
	}
	m.withdrawn = nil
	if delivered {
		m.failures, m.rejections, m.notBefore, m.evidence = 0, 0, time.Time{}, true
	}
	if len(r.ids) > 1 && answer.Items == nil && m.halves(answer.Verdict, len(rejected) > 0) {
		if ids := slices.Concat(rejected, rest); len(ids) > 0 {
			m.putBack(true, r.part(ids).halves()...)
		}
		return outcomes
	}
	if len(rejected) > 0 {
		proved := delivered || r.waited && m.evidence
		outcomes = append(outcomes, m.reject(now, r.part(rejected), proved, answer.Reason)...)
	}
	if len(rest) > 0 {
		part := r.part(rest)
		part.failed(now, down)
		if slices.Contains(verdicts, Unexpected) {
			part.unexpected++
		}
		outcomes = append(outcomes, m.retry(now, part, answer)...)
	}
	if m.evidence {
		m.release()
	}
	return outcomes
}

// halves reports whether a request of several messages is sent again in halves, at once:
// the answer concerns its size, or rejects it without saying which message it means.
func (m *Machine) halves(verdict Verdict, rejected bool) bool {
	return verdict == TooLarge || verdict == BrokenOff || rejected && m.State() != Suspect
}

// reject makes messages dead letters, or has them wait where a setting may be wrong.
// With proved, a delivery has shown that it isn't.
func (m *Machine) reject(now time.Time, r *request, proved bool, reason string) (outcomes []Outcome) {
	if !proved {
		m.rejections++
		if m.rejections > maxRejections {
			r.failed(now, false)
			r.waited = true
			m.fails(now, 0)
			m.putBack(false, r)
			return nil
		}
		m.failures, m.notBefore = 0, time.Time{}
	}
	return deadLetters(r, reason)
}

// retry has a request sent again, as a whole or in halves. Where a delivery has just
// shown that the destination works, a message that gave way for its age is a dead letter.
func (m *Machine) retry(now time.Time, r *request, answer Answer) (outcomes []Outcome) {
	if r.waited && m.evidence && r.refused && m.aged(now, r.refusedAt) {
		if len(r.ids) == 1 {
			return deadLetters(r, answer.Reason)
		}
		m.putBack(true, r.halves()...)
		return nil
	}
	wait := time.Duration(0)
	switch {
	case answer.RetryAfter > 0:
		wait = min(answer.RetryAfter, maxRetryAfter)
	case answer.Items == nil && answer.Verdict == Unexpected:
		wait = unexpectedBackoff(r.unexpected)
	}
	front, parts := !r.refused, []*request{r}
	if len(r.ids) > 1 && m.aged(now, r.failedAt) {
		if r.refused && wait == 0 {
			wait = backoff(1) // halving down to one message doesn't take a long backoff each time
		}
		front, parts = true, r.halves()
	}
	m.fails(now, wait)
	m.putBack(front, parts...)
	return nil
}

// fails notes that an answer was no outcome. The next request is sent after wait, or
// after a backoff where wait is 0.
func (m *Machine) fails(now time.Time, wait time.Duration) {
	m.evidence = false
	m.endRelease()
	m.failures++
	if wait == 0 {
		wait = backoff(m.failures)
	}
	m.notBefore = now.Add(wait)
}

func deadLetters(r *request, reason string) (outcomes []Outcome) {
	for _, id := range r.ids {
		outcomes = append(outcomes, Outcome{ID: id, DeadLetter: true, Reason: reason})
	}
	return outcomes
}
