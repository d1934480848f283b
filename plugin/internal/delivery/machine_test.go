package delivery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/delivery"
)

// A destination answers a request that is sent at a time since the start.
type destination func(at time.Duration, ids []delivery.ID) delivery.Answer

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// run sends until nothing is left, or up to the horizon, and returns a line per request:
// its time, its messages, and their outcomes with + for delivered and - for dead letters.
func run(t *testing.T, m *delivery.Machine, horizon time.Duration, answer destination) (trace []string) {
	t.Helper()
	now := start
	for range 10_000 {
		ids, again := m.Next(now)
		if ids == nil {
			if again.IsZero() || again.Sub(start) > horizon {
				return trace
			}
			require.True(t, again.After(now), "Next asks for a time that isn't in the future")
			now = again
			continue
		}
		line := fmt.Sprint(now.Sub(start), " ", ids)
		for _, o := range m.Answer(now, answer(now.Sub(start), ids)) {
			line += fmt.Sprintf(" %s%d", map[bool]string{false: "+", true: "-"}[o.DeadLetter], o.ID)
		}
		trace = append(trace, line)
	}
	require.Fail(t, "too many requests")
	return nil
}

func always(verdict delivery.Verdict) destination {
	return func(time.Duration, []delivery.ID) delivery.Answer { return delivery.Answer{Verdict: verdict} }
}

// script answers the n-th request with the n-th verdict, and all further ones with the last.
func script(verdicts ...delivery.Verdict) destination {
	n := -1
	return func(time.Duration, []delivery.ID) delivery.Answer {
		n = min(n+1, len(verdicts)-1)
		return delivery.Answer{Verdict: verdicts[n]}
	}
}

// except answers requests of one of the messages with the verdict, and delivers all others.
func except(verdict delivery.Verdict, bad ...delivery.ID) destination {
	return func(_ time.Duration, ids []delivery.ID) delivery.Answer {
		for _, id := range ids {
			if slices.Contains(bad, id) {
				return delivery.Answer{Verdict: verdict}
			}
		}
		return delivery.Answer{Verdict: delivery.Delivered}
	}
}

// until is bad before a time, and good from then on.
func until(end time.Duration, bad, good destination) destination {
	return func(at time.Duration, ids []delivery.ID) delivery.Answer {
		if at < end {
			return bad(at, ids)
		}
		return good(at, ids)
	}
}

// singles are requests of one message each, from 1 to last.
func singles(last delivery.ID) (requests [][]delivery.ID) {
	for id := delivery.ID(1); id <= last; id++ {
		requests = append(requests, []delivery.ID{id})
	}
	return requests
}

const (
	delivered  = delivery.Delivered
	rejected   = delivery.Rejected
	failed     = delivery.Failed
	unexpected = delivery.Unexpected
	down       = delivery.Down
	tooLarge   = delivery.TooLarge
	brokenOff  = delivery.BrokenOff
)

func TestTrace(t *testing.T) {
	for _, test := range []struct {
		name     string
		requests [][]delivery.ID
		after    time.Duration
		horizon  time.Duration
		answer   destination
		want     string
	}{
		{
			"delivered and rejected messages follow each other at once", singles(3), 0, time.Hour,
			except(rejected, 2), "0s [1] +1, 0s [2] -2, 0s [3] +3",
		},
		{
			"a failure is tried again in order", singles(2), 0, 4 * time.Minute,
			until(170*time.Second, always(failed), always(delivered)),
			"0s [1], 1s [1], 3s [1], 7s [1], 15s [1], 31s [1], 1m3s [1], 2m3s [1], 3m3s [1] +1, 3m3s [2] +2",
		},
		{
			"a delivery resets the backoff", singles(2), 0, time.Hour,
			script(failed, failed, delivered, failed, delivered), "0s [1], 1s [1], 3s [1] +1, 3s [2], 4s [2] +2",
		},
		{
			"an unexpected success is repeated slowly", singles(1), 0, time.Hour, always(unexpected),
			"0s [1], 2s [1], 32s [1], 1m32s [1], 3m32s [1], 7m32s [1], 15m32s [1], 25m32s [1], 35m32s [1], 45m32s [1], 55m32s [1]",
		},
		{
			"Retry-After wins, up to an hour", singles(1), 0, 4 * time.Hour,
			func(at time.Duration, _ []delivery.ID) delivery.Answer {
				switch {
				case at == 0:
					return delivery.Answer{Verdict: rejected, RetryAfter: 90 * time.Second}
				case at < time.Hour:
					return delivery.Answer{Verdict: unexpected, RetryAfter: 24 * time.Hour}
				}
				return delivery.Answer{Verdict: delivered}
			},
			"0s [1], 1m30s [1], 1h1m30s [1] +1",
		},
		{
			"a message that is refused for long gives way, and is tried once more", singles(3), 10 * time.Second, time.Hour,
			except(failed, 1), "0s [1], 1s [1], 3s [1], 7s [1], 10s [2] +2, 10s [1] -1, 10s [3] +3",
		},
		{
			"an unexpected success gives way too", singles(2), time.Minute, time.Hour,
			except(unexpected, 1), "0s [1], 2s [1], 32s [1], 1m0s [2] +2, 1m0s [1] -1",
		},
		{
			"a message that gave way is delivered where it is taken", singles(3), 4 * time.Second, time.Hour,
			until(6*time.Second, always(failed), always(delivered)),
			"0s [1], 1s [1], 3s [1], 4s [2], 8s [3] +3, 8s [1] +1, 8s [2] +2",
		},
		{
			"a destination that is down leads to no dead letter", singles(2), 10 * time.Second, 2 * time.Minute,
			except(down, 1), "0s [1], 1s [1], 3s [1], 7s [1], 15s [1], 31s [1], 1m3s [1]",
		},
		{
			"time while the destination is down doesn't count", singles(2), 10 * time.Second, time.Hour,
			until(60*time.Second, always(down), except(failed, 1)),
			"0s [1], 1s [1], 3s [1], 7s [1], 15s [1], 31s [1], 1m3s [1], 1m13s [2] +2, 1m13s [1] -1",
		},
		{
			"dead_letter_after 0 is never", singles(2), 0, 2 * time.Minute,
			except(failed, 1), "0s [1], 1s [1], 3s [1], 7s [1], 15s [1], 31s [1], 1m3s [1]",
		},
		{
			"a lone message is no dead letter without a delivery", singles(1), 2 * time.Second, 20 * time.Second,
			always(failed), "0s [1], 1s [1], 3s [1], 7s [1], 15s [1]",
		},
		{
			"a wrong setting keeps all but ten", singles(13), 0, time.Hour,
			until(6*time.Second, always(rejected), always(delivered)),
			"0s [1] -1, 0s [2] -2, 0s [3] -3, 0s [4] -4, 0s [5] -5, 0s [6] -6, 0s [7] -7, 0s [8] -8, 0s [9] -9, 0s [10] -10, " +
				"0s [11], 1s [12], 3s [13], 7s [11] +11, 7s [12] +12, 7s [13] +13",
		},
		{
			"what waits is a dead letter if it is rejected after a delivery", singles(14), 0, time.Hour,
			except(rejected, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14),
			"0s [1] -1, 0s [2] -2, 0s [3] -3, 0s [4] -4, 0s [5] -5, 0s [6] -6, 0s [7] -7, 0s [8] -8, 0s [9] -9, 0s [10] -10, " +
				"0s [11], 1s [12], 3s [13] +13, 3s [11] -11, 3s [12] -12, 3s [14] -14",
		},
		{
			"a request that is too large is halved at once",
			[][]delivery.ID{{1, 2, 3, 4, 5}},
			0, time.Hour,
			func(_ time.Duration, ids []delivery.ID) delivery.Answer {
				if len(ids) > 2 || slices.Contains(ids, 3) {
					return delivery.Answer{Verdict: tooLarge}
				}
				return delivery.Answer{Verdict: delivered}
			},
			"0s [1 2 3 4 5], 0s [1 2 3], 0s [1 2] +1 +2, 0s [3] -3, 0s [4 5] +4 +5",
		},
		{
			"a request that breaks off is halved at once, a message is tried again",
			[][]delivery.ID{{1, 2, 3}},
			0, time.Hour,
			script(brokenOff, brokenOff, brokenOff, delivered), "0s [1 2 3], 0s [1 2], 0s [1], 1s [1] +1, 1s [2] +2, 1s [3] +3",
		},
		{
			"one rejected message of several is found",
			[][]delivery.ID{{1, 2, 3, 4}},
			0, time.Hour,
			except(rejected, 3), "0s [1 2 3 4], 0s [1 2] +1 +2, 0s [3 4], 0s [3] -3, 0s [4] +4",
		},
		{
			"a request that fails for long is halved, and its age is inherited",
			[][]delivery.ID{{1, 2}, {3}},
			3 * time.Second, time.Hour,
			except(failed, 1), "0s [1 2], 1s [1 2], 3s [1 2], 4s [1], 12s [2] +2, 12s [1] -1, 12s [3] +3",
		},
		{
			"items are judged one by one",
			[][]delivery.ID{{1, 2, 3, 4}},
			0, time.Hour,
			func(at time.Duration, ids []delivery.ID) delivery.Answer {
				if at == 0 {
					return delivery.Answer{Items: []delivery.Verdict{delivered, rejected, failed, down}}
				}
				return delivery.Answer{Items: slices.Repeat([]delivery.Verdict{delivered}, len(ids))}
			},
			"0s [1 2 3 4] +1 -2, 1s [3 4] +3 +4",
		},
		{
			"an answer with too few items has none",
			[][]delivery.ID{{1, 2}},
			0, 2 * time.Second,
			func(time.Duration, []delivery.ID) delivery.Answer {
				return delivery.Answer{Items: []delivery.Verdict{delivered}}
			},
			"0s [1 2], 1s [1 2]",
		},
	} {
		m := delivery.New(delivery.Options{DeadLetterAfter: test.after})
		m.Add(test.requests...)
		require.Equal(t, test.want, strings.Join(run(t, m, test.horizon, test.answer), ", "), test.name)
	}
}

// Ten rejections in a row are answers: the items of one count once, and a delivery among
// them ends the row.
func TestRejectionsAreAnswers(t *testing.T) {
	m := delivery.New(delivery.Options{})
	for i := range delivery.ID(12) {
		m.Add([]delivery.ID{2 * i, 2*i + 1})
	}
	n := 0
	trace := run(t, m, time.Second/2, func(time.Duration, []delivery.ID) delivery.Answer {
		n++
		return delivery.Answer{Items: []delivery.Verdict{rejected, rejected}}
	})
	require.Len(t, trace, 11)
	require.Equal(t, "0s [18 19] -18 -19", trace[9])
	require.Equal(t, "0s [20 21]", trace[10])
	require.Equal(t, delivery.Suspect, m.State())

	trace = run(t, m, 2*time.Second, func(time.Duration, []delivery.ID) delivery.Answer {
		return delivery.Answer{Items: []delivery.Verdict{delivered, rejected}}
	})
	require.Equal(t, []string{"1s [22 23] +22 -23", "1s [20 21] +20 -21"}, trace)
	require.Equal(t, delivery.Working, m.State())
}

// At most 100 requests wait. Then they are tried in turn, and the queue keeps its order.
func TestWaitingIsBounded(t *testing.T) {
	m := delivery.New(delivery.Options{})
	m.Add(singles(120)...)
	trace := run(t, m, 200*time.Minute, until(150*time.Minute, always(rejected), always(delivered)))
	require.Equal(t, 100, 110-slices.IndexFunc(trace, func(line string) bool { return strings.HasSuffix(line, " [11]") }))
	require.Contains(t, trace[110], " [11]", "those that wait come next")
	require.Equal(t, 10, strings.Count(strings.Join(trace, "\n"), "-"))
	require.Contains(t, trace[len(trace)-1], "[120] +120")
	require.Zero(t, m.Waiting())
}

// A failure after the delivery ends the release: nothing is a dead letter on old evidence,
// and what was released doesn't hold up the queue.
func TestReleaseEnds(t *testing.T) {
	m := delivery.New(delivery.Options{DeadLetterAfter: 3 * time.Second})
	m.Add(singles(5)...)
	trace := run(t, m, time.Hour, script(
		failed, failed, // 1 gives way
		failed,     // 2 gives way
		delivered,  // 3, which releases 1 and 2
		down,       // 1: the destination no longer works
		failed,     // 4, and not 2
		delivered,  // 4, which releases 1 and 2 again
		failed,     // 1
		delivered)) // 2 and 5
	require.Equal(t, []string{
		"0s [1]", "1s [1]", "3s [2]", "6s [3] +3", "6s [1]", "7s [4]", "9s [4] +4", "9s [1] -1", "9s [2] +2", "9s [5] +5",
	}, trace)
	require.Zero(t, m.Waiting())
}

// While a setting is suspected, a request of several messages waits as a whole. Once
// released, it is halved at once and ahead of the queue.
func TestSuspectRequestOfSeveral(t *testing.T) {
	m := delivery.New(delivery.Options{})
	m.Add(singles(11)...)
	m.Add([]delivery.ID{12, 13}, []delivery.ID{14}, []delivery.ID{15})
	trace := run(t, m, time.Hour, until(2*time.Second, always(rejected), except(rejected, 13)))
	require.Equal(t, []string{
		"0s [11]", "1s [12 13]", "3s [14] +14", "3s [11] +11", "3s [12 13]", "3s [12] +12", "3s [13] -13", "3s [15] +15",
	}, trace[10:])
}

// While a setting is suspected, a message that gives way doesn't shorten the backoff.
func TestSuspectKeepsBackoff(t *testing.T) {
	m := delivery.New(delivery.Options{DeadLetterAfter: 500 * time.Millisecond})
	m.Add(singles(14)...)
	trace := run(t, m, 8*time.Second, until(500*time.Millisecond, always(rejected), always(failed)))
	require.Equal(t, []string{"0s [11]", "1s [12]", "3s [13]", "7s [14]"}, trace[10:])
}

// An item that fails for the first time on its own isn't a dead letter for the age of the
// request that it was in.
func TestItemOfOldRequest(t *testing.T) {
	m := delivery.New(delivery.Options{DeadLetterAfter: time.Second})
	m.Add([]delivery.ID{1, 2})
	n := 0
	trace := run(t, m, time.Minute, func(_ time.Duration, ids []delivery.ID) delivery.Answer {
		if n++; n == 2 {
			return delivery.Answer{Items: []delivery.Verdict{failed, delivered}}
		}
		return delivery.Answer{Verdict: map[bool]delivery.Verdict{true: failed, false: delivered}[len(ids) > 1]}
	})
	require.Equal(t, []string{"0s [1 2]", "1s [1 2] +2", "2s [1] +1"}, trace)
}

// As long as an item says that the destination is down, none of the others counts as
// refused, and neither is a dead letter for the time before it was alone.
func TestItemDown(t *testing.T) {
	m := delivery.New(delivery.Options{DeadLetterAfter: 2 * time.Second})
	m.Add([]delivery.ID{1, 2}, []delivery.ID{3})
	trace := run(t, m, time.Minute, func(at time.Duration, ids []delivery.ID) delivery.Answer {
		switch {
		case len(ids) > 1:
			return delivery.Answer{Items: []delivery.Verdict{failed, down}}
		case at < 8*time.Second:
			return delivery.Answer{Verdict: failed}
		}
		return delivery.Answer{Verdict: delivered}
	})
	require.Equal(t, []string{"0s [1 2]", "1s [1 2]", "3s [1 2]", "7s [1]", "15s [2] +2", "15s [1] +1", "15s [3] +3"}, trace)
}

// A message that waits isn't held up by one that keeps failing behind it.
func TestWaitingIsNotHeldUp(t *testing.T) {
	m := delivery.New(delivery.Options{DeadLetterAfter: time.Minute})
	m.Add(singles(12)...)
	trace := run(t, m, time.Hour, until(500*time.Millisecond, always(rejected), except(failed, 12)))
	require.Contains(t, strings.Join(trace, "\n"), "[11] +11")
	require.Contains(t, trace[len(trace)-1], "[12] -12")
}

// Withdrawn messages have no outcome, and leave the others as they are.
func TestWithdraw(t *testing.T) {
	m := delivery.New(delivery.Options{})
	m.Add([]delivery.ID{1, 2}, []delivery.ID{3}, []delivery.ID{4})
	ids, _ := m.Next(start)
	require.Equal(t, []delivery.ID{1, 2}, ids)
	again, at := m.Next(start)
	require.Nil(t, again, "one request at a time")
	require.Zero(t, at)
	m.Withdraw(1, 3)
	require.Equal(t, []delivery.Outcome{{ID: 2}}, m.Answer(start, delivery.Answer{Verdict: delivered}))
	require.Equal(t, []string{"0s [4] +4"}, run(t, m, 0, always(delivered)))
	require.Empty(t, m.Answer(start, delivery.Answer{Verdict: delivered}), "an answer to nothing")
}
