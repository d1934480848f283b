package input

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

// disconnect ends the current connection because of err and decides what comes
// next. It returns what Benthos has to be told.
func (in *input) disconnect(err error) error {
	conn := in.dropConnection()
	if conn == nil {
		return service.ErrNotConnected
	}
	conn.Close()
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
	in.retries.succeeded(conn.Opened())
	v := classify(err)
	in.metrics.reconnects.Incr(1, v.reason)
	// The server ends a stream every now and then, in good order.
	log, loud := in.log.Debugf, v.reason != reasonEnded
	if loud {
		log = in.log.Warnf
	}
	in.outage.Begin(time.Now(), loud)
	if v.malformed {
		in.metrics.unknownElements.Incr(1)
	}
	log("The stream ended after %s: %s; it is opened again from %s on", time.Since(conn.Opened()).Round(time.Second), strings.TrimSuffix(err.Error(), "."), in.cursor.at)
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
		in.client.Tokens.Forget()
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
		in.tracker.Begin(in.cursor.at)
	}
	now := time.Now()
	if in.retries.failed(now, v.retryAfter, in.host.Jitter()) {
		in.end(fmt.Errorf("giving up after %d failures in a row: %w", in.retries.failures, err))
		return
	}
	in.metrics.reconnects.Incr(1, v.reason)
	in.told = false
	if todo := in.advise(err); in.outage.Failed(now, todo) {
		err = in.host.Diagnose(err, todo)
	}
	in.lastErr = fmt.Errorf("failure %s in a row, next attempt in %s: %w", in.count(), in.retries.wait(now).Round(time.Millisecond), err)
}

func (in *input) count() string {
	if in.conf.MaxFailures == 0 {
		return fmt.Sprint(in.retries.failures)
	}
	return fmt.Sprintf("%d of at most %d", in.retries.failures, in.conf.MaxFailures)
}

// failToken goes back from a page token that the server refuses to the beginning
// of its window. If that is too old as well, its refusal says so.
func (in *input) failToken(err error) {
	window := in.cursor.at.WithoutToken()
	in.outage.Begin(time.Now(), true)
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
	lost, oldest := in.cursor.at, position.At(now.Add(chronicle.RetentionMargin-chronicle.Retention))
	span := oldest.After(lost)
	if in.cursor.skipped && span < chronicle.RetentionMargin/2 {
		// The server refuses what it should have.
		in.end(err)
		return
	}
	if !in.conf.SkipToOldest {
		in.end(advice.OutOfReach(err, lost, oldest))
		return
	}
	in.outage.Begin(time.Now(), true)
	in.log.Warnf("%v; going on from %s, the oldest that the server keeps: what was detected in the %s since %s is skipped", err, oldest, span, lost)
	in.metrics.skippedSeconds.Incr(int64(max(0, span.Seconds())))
	in.metrics.reconnects.Incr(1, reasonTooOld)
	in.cursor.at, in.cursor.skipped = oldest, true
	in.gauges.skipped(oldest)
	in.lastErr = nil
	in.retries.atOnce()
	// In its turn: what is in flight from before comes first.
	in.tracker.Pass(oldest)
}

// end ends the input because of err. What is in flight is still delivered.
func (in *input) end(err error) {
	in.ended = true
	text, reason := strings.TrimSuffix(err.Error(), ".")+"; the input ends here", err
	if todo := in.advise(err); todo != "" {
		text += ". What to do: " + todo
		reason = in.host.Diagnose(err, todo)
	}
	in.host.Ended(in.label, reason)
	in.log.Errorf("%s", text)
}

// advise is what a person can do about err, "" where that is to wait.
func (in *input) advise(err error) string {
	return advice.About{Endpoint: in.conf.Endpoint, Request: in.conf.Request}.On(err)
}
