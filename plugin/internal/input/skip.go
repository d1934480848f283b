package input

import "time"

// trySkipping is for a position that the server has nothing as old any more, as it
// said at now by its own clock. The next attempt asks for the oldest time that it
// should have. Nothing is skipped before the server has taken that: it may refuse
// for another reason, in which the position is to stay.
func (in *input) trySkipping(because error, now time.Time) {
	if in.givesUp(in.retries.refused(), because) {
		return
	}
	in.cursor.skip = &skip{because: because, ahead: time.Since(now)}
	in.outage.Begin(time.Now(), true)
	in.metrics.reconnects.Incr(1, reasonTooOld)
	in.lastErr = nil
}

// skipped is called when something is heard of a stream: if it was asked for the
// oldest time instead of where reading was, what is between is skipped now.
func (in *input) skipped() {
	skip := in.cursor.skip
	if skip == nil {
		return
	}
	lost := in.cursor.At()
	span := skip.to.After(lost)
	in.log.Warnf("%v; going on from %s, the oldest that the server keeps: what was detected in the %s since %s is skipped", skip.because, skip.to, span, lost)
	in.metrics.skippedSeconds.Incr(int64(max(0, span.Seconds())))
	in.cursor.skip = nil
	in.cursor.Begin(skip.to)
	in.gauges.skipped(skip.to)
	// In its turn: what is in flight from before comes first.
	in.tracker.Pass(skip.to)
}
