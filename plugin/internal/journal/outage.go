package journal

import (
	"fmt"
	"time"
)

// An Outage is the time from the loss of something until it is back, such as the
// stream: each failure is one line, and so is the recovery. The zero Outage is
// none. It is not safe for concurrent use.
type Outage struct {
	since    time.Time // zero = there is none
	failures int
	loud     bool // whoever reads the log knows of it
	advice   string
}

// Begin notes that the stream is lost, unless it was before. It is loud where a
// line above debug tells of it: a stream that the server ends in good order and
// that is opened again at once is not.
func (o *Outage) Begin(now time.Time, loud bool) {
	if o.since.IsZero() {
		o.since = now
	}
	o.loud = o.loud || loud
}

// Failed notes a failure with what to do about it, and says whether that is worth
// saying: it is left out while it stays the same.
func (o *Outage) Failed(now time.Time, advice string) (worthSaying bool) {
	o.Begin(now, true)
	o.failures++
	worthSaying = advice != "" && advice != o.advice
	o.advice = advice
	return worthSaying
}

// End notes that the stream is back, after how many failures and how long in
// words; ok says whether it was lost.
func (o *Outage) End(now time.Time) (after string, loud, ok bool) {
	if o.since.IsZero() {
		return "", false, false
	}
	after, loud = failuresIn(o.failures, now.Sub(o.since)), o.loud
	*o = Outage{}
	return after, loud, true
}

// Failures is how many there were.
func (o *Outage) Failures() int { return o.failures }

// failuresIn is how many failures there were, and for how long.
func failuresIn(failures int, took time.Duration) string {
	if took < time.Minute {
		took = took.Round(time.Millisecond)
	} else {
		took = took.Round(time.Second)
	}
	switch failures {
	case 0:
		return fmt.Sprint(took)
	case 1:
		return fmt.Sprintf("1 failure in %s", took)
	}
	return fmt.Sprintf("%d failures in %s", failures, took)
}
