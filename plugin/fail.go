package plugin

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// disconnect ends the current connection because of err and decides what comes
// next. It returns what Benthos has to be told.
func (in *input) disconnect(err error) error {
	conn := in.dropConnection()
	if conn == nil {
		return service.ErrNotConnected
	}
	conn.close()
	in.metrics.connected.Set(0)
	if errors.Is(err, errStopping) {
		return service.ErrNotConnected
	}
	if !conn.fruitful {
		in.fail(err)
		if in.ended {
			return service.ErrEndOfInput
		}
		return service.ErrNotConnected
	}
	in.lastErr = nil
	in.retries.succeeded(conn.opened)
	v := classify(err)
	in.metrics.reconnects.Incr(1, v.reason)
	// The server ends a stream every now and then, in good order.
	log, loud := in.log.Debugf, v.reason != reasonEnded
	if loud {
		log = in.log.Warnf
	}
	in.outage.begin(time.Now(), loud)
	if v.malformed {
		in.metrics.unknownElements.Incr(1)
	}
	log("The stream ended after %s: %s; it is opened again from %s on", time.Since(conn.opened).Round(time.Second), strings.TrimSuffix(err.Error(), "."), in.cursor.at)
	return service.ErrNotConnected
}

// fail takes in that an attempt, or a connection that delivered nothing, ended
// with err: it decides between another attempt, now or later, and the end of
// the input.
func (in *input) fail(err error) {
	v := classify(err)
	if v.reason == reasonEnded {
		err = errors.New("the server ended the stream before it sent anything but heartbeats")
	}
	if v.freshToken {
		in.auth.forget()
	}
	if v.malformed {
		in.metrics.unknownElements.Incr(1)
	}
	if v.staleToken {
		in.failToken(err)
		return
	}
	if v.tooOld {
		in.failTooOld(err, v.date)
		return
	}
	if v.permanent {
		in.end(err)
		return
	}
	if in.cursor.located && in.cursor.fresh && !v.freshToken {
		// An outage at the start is no reason to begin later after a restart.
		// What is refused for its credentials is still being set up, though.
		in.tracker.begin(in.cursor.at)
	}
	now := time.Now()
	if in.retries.failed(now, v.retryAfter, in.jitter()) {
		in.end(fmt.Errorf("giving up after %d failures in a row: %w", in.retries.failures, err))
		return
	}
	in.metrics.reconnects.Incr(1, v.reason)
	in.told = false
	err = in.outage.failed(now, in.conf.diagnose(err))
	in.lastErr = fmt.Errorf("failure %s in a row, next attempt in %s: %w", in.count(), in.retries.wait(now).Round(time.Millisecond), err)
}

func (in *input) count() string {
	if in.conf.maxFailures == 0 {
		return fmt.Sprint(in.retries.failures)
	}
	return fmt.Sprintf("%d of at most %d", in.retries.failures, in.conf.maxFailures)
}

// failToken goes back from a page token that the server refuses to the beginning
// of its window. If that is too old as well, its refusal says so.
func (in *input) failToken(err error) {
	window := in.cursor.at.withoutToken()
	in.outage.begin(time.Now(), true)
	in.log.Warnf("%v; going back to the beginning of the window, %s", err, window)
	in.metrics.reconnects.Incr(1, reasonTokenRefused)
	in.cursor.refusedToken, in.cursor.at = in.cursor.at.PageToken, window
	in.lastErr = nil
	in.retries.atOnce()
}

// failTooOld deals with a position that the server has nothing as old any more,
// now being the server's: on_unresumable_position says whether to end or to go
// on without. While no connection succeeds, the oldest time moves on as well, so
// this may come again.
func (in *input) failTooOld(err error, now time.Time) {
	lost, oldest := in.cursor.at, positionAt(now.Add(retentionMargin-retention))
	span := oldest.time().Sub(lost.time()).Round(time.Second)
	if in.cursor.skipped && span < retentionMargin/2 {
		// The server refuses what it should have.
		in.end(err)
		return
	}
	if !in.conf.skipToOldest {
		in.end(fmt.Errorf("%w; what was detected from %s to %s (%s) is out of reach, since the server keeps 7 days; set %s to %s to go on without it",
			err, lost, oldest, span, fieldOnUnresumable, unresumableOldest))
		return
	}
	in.outage.begin(time.Now(), true)
	in.log.Warnf("%v; going on from %s, the oldest that the server keeps: what was detected in the %s since %s is skipped", err, oldest, span, lost)
	in.metrics.skippedSeconds.Incr(int64(max(0, span.Seconds())))
	in.metrics.reconnects.Incr(1, reasonTooOld)
	in.cursor.at, in.cursor.skipped = oldest, true
	in.keeper.noteSkipped(oldest)
	in.lastErr = nil
	in.retries.atOnce()
	// In its turn: what is in flight from before comes first.
	in.tracker.pass(oldest)
}

// end ends the input because of err. What is in flight is still delivered.
func (in *input) end(err error) {
	in.ended = true
	in.failures.add(in.label, in.conf.diagnose(err))
	text := strings.TrimSuffix(err.Error(), ".") + "; the input ends here"
	if advice := in.conf.advise(err); advice != "" {
		text += ". What to do: " + advice
	}
	in.log.Errorf("%s", text)
}
