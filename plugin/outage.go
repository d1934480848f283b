package plugin

import (
	"errors"
	"fmt"
	"time"
)

// An outage is the time from the loss of the stream until something of it is
// heard again. It is what the log tells of reconnecting: each failure is one
// line, and so is the recovery. A stream that the server ends in good order and
// that is opened again at once is no more than a debug line.
type outage struct {
	since    time.Time // zero = there is none
	failures int
	loud     bool // whoever reads the log knows of it
	advice   string
}

// begin notes that the stream is lost, unless it was before.
func (o *outage) begin(now time.Time, loud bool) {
	if o.since.IsZero() {
		o.since = now
	}
	o.loud = o.loud || loud
}

// failed notes a failure. It returns err with what to do about it, once: the
// advice is left out while it stays the same.
func (o *outage) failed(now time.Time, err error) error {
	o.begin(now, true)
	o.failures++
	advice := ""
	if diagnosis := (*Diagnosis)(nil); errors.As(err, &diagnosis) {
		advice = diagnosis.Advice
		if advice == o.advice {
			err = diagnosis.Problem
		}
	}
	o.advice = advice
	return err
}

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

// recovered is called when something of a stream is heard: if it was lost, it
// is back.
func (in *input) recovered() {
	if in.outage.since.IsZero() {
		return
	}
	log := in.log.Debugf
	if in.outage.loud {
		log = in.log.Infof
	}
	from := "from now on"
	if !in.resumed.isZero() {
		from = "from " + in.resumed.String() + " on"
	}
	log("The stream is open again after %s, %s", failuresIn(in.outage.failures, time.Since(in.outage.since)), from)
	in.outage = outage{}
}
