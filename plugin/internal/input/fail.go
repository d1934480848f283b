package input

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
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
	in.settle(conn, err)
	if errors.Is(err, errStopping) {
		return service.ErrNotConnected
	}
	if conn.isSearched(err) {
		return in.searched(conn)
	}
	now := time.Now()
	// A search that has come further is a success, if only by one page: quotas let a few
	// requests through at a time.
	if v := classify(err); !v.staleToken && !v.tooOld && (conn.Further() || conn.succeeded(now, in.conf.Timeouts.Idle.Limit, err)) {
		in.goOn(conn, v, err)
		return service.ErrNotConnected
	}
	in.fail(err)
	if in.ended {
		return service.ErrEndOfInput
	}
	return service.ErrNotConnected
}

// settle decides what becomes of a position that waits, now that the connection has
// ended.
func (in *input) settle(conn *link, err error) {
	if !errors.Is(err, chronicle.ErrEnded) || errors.Is(err, chronicle.ErrDoubtful) {
		in.cursor.Broke()
		return
	}
	before := in.cursor.At()
	if in.cursor.Ended() {
		conn.news = true
	}
	in.passed(before)
	in.gauges.read(in.cursor.At())
}

// goOn is for the end of a connection that was a success: the next one is opened at
// once, unless the server asked to wait.
func (in *input) goOn(conn *link, v verdict, err error) {
	now := time.Now()
	if v.freshToken {
		in.client.Tokens.Forget()
	}
	if v.malformed {
		in.metrics.unknownElements.Incr(1)
	}
	in.lastErr = nil
	in.retries.succeeded(conn.Opened(), now, v.retryAfter)
	in.metrics.reconnects.Incr(1, v.reason)
	// The server ends a stream every now and then, in good order, and a quota interrupts
	// a search.
	log, loud := in.log.Debugf, v.reason != reasonEnded && (!conn.search || v.reason != reasonRateLimited)
	if loud {
		log = in.log.Warnf
	}
	in.outage.Begin(now, loud)
	wait := ""
	if v.retryAfter > 0 {
		wait = fmt.Sprintf(" in %s", in.retries.wait(now).Round(time.Millisecond))
	}
	if conn.search {
		log("The search was interrupted: %s; it goes on%s from %s", strings.TrimSuffix(err.Error(), "."), wait, in.cursor.At())
		return
	}
	log("The stream ended after %s: %s; it is opened again%s from %s on", now.Sub(conn.Opened()).Round(time.Second), strings.TrimSuffix(err.Error(), "."), wait, in.cursor.At())
}

// fail takes in that an attempt, or a connection that was no success, ended with
// err: it decides between another attempt, now or later, and the end of the input.
func (in *input) fail(err error) {
	v := classify(err)
	if v.reason == reasonEnded {
		err = errors.New("the server ended the stream before it sent anything new")
	}
	if v.freshToken {
		in.client.Tokens.Forget()
	}
	if v.malformed {
		in.metrics.unknownElements.Incr(1)
	}
	switch {
	case v.staleToken:
		in.failToken(err)
		return
	case v.tooOld && in.cursor.skip == nil && in.conf.SkipToOldest && oldest(v.date).After(in.cursor.At()) > 0:
		in.trySkipping(err, v.date)
		return
	case v.tooOld && in.conf.Search && oldest(v.date).After(in.cursor.At()) > 0:
		in.beginSearch(err, v.date)
		return
	case v.tooOld && in.cursor.skip == nil:
		in.end(advice.OutOfReach(err, in.cursor.At(), oldest(v.date)))
		return
	case v.tooOld, v.permanent:
		// Where a skip was tried, its refusal says what is wrong.
		in.end(err)
		return
	}
	now := time.Now()
	giveUp := in.retries.failed(now, v.retryAfter, in.host.Jitter())
	if in.givesUp(giveUp, err) {
		return
	}
	in.metrics.reconnects.Incr(1, v.reason)
	in.told = false
	if todo := in.advise(err); in.outage.Failed(now, todo) {
		err = in.host.Diagnose(err, todo)
	}
	in.lastErr = fmt.Errorf("failure %s in a row, next attempt in %s: %w", in.count(), in.retries.wait(now).Round(time.Millisecond), err)
}

// givesUp ends the input where there were too many failures in a row, the last one
// because of err.
func (in *input) givesUp(tooMany bool, err error) bool {
	if tooMany {
		in.end(fmt.Errorf("giving up after %d failures in a row: %w", in.retries.failures, err))
	}
	return tooMany
}

func (in *input) count() string {
	if in.conf.MaxFailures == 0 {
		return fmt.Sprint(in.retries.failures)
	}
	return fmt.Sprintf("%d of at most %d", in.retries.failures, in.conf.MaxFailures)
}

// failToken goes back from a page token that the server refuses to the beginning
// of its window, at once. If that is too old as well, its refusal says so.
func (in *input) failToken(err error) {
	refused := in.cursor.At().PageToken
	if in.givesUp(in.retries.refused(), err) {
		return
	}
	in.cursor.GiveUpToken()
	in.cursor.refusedToken = refused
	in.outage.Begin(time.Now(), true)
	in.log.Warnf("%v; going back to the beginning of the window, %s", err, in.cursor.At())
	in.metrics.reconnects.Incr(1, reasonTokenRefused)
	in.lastErr = nil
}

// end ends the input because of err. What is in flight is still delivered.
func (in *input) end(err error) {
	err = in.export.failed(err)
	in.ended = true
	in.failure = err
	text, reason := strings.TrimSuffix(err.Error(), ".")+"; the input ends here", err
	if todo := in.advise(err); todo != "" {
		text += ". What to do: " + todo
		reason = in.host.Diagnose(err, todo)
	}
	in.metrics.ended.Set(1)
	in.host.Ended(in.place, reason)
	in.companion.leave()
	in.log.Errorf("%s", text)
}

// advise is what a person can do about err, "" where that is to wait.
func (in *input) advise(err error) string {
	return advice.About{Endpoint: in.conf.Endpoint, Request: in.conf.Request, CacheKey: in.conf.CacheKey}.On(err)
}
