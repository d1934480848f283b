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

// lasted tells how long it lasted, and how often it was tried to end it.
func (o *outage) lasted(now time.Time) string {
	took := now.Sub(o.since).Round(time.Millisecond)
	if took >= time.Minute {
		took = took.Round(time.Second)
	}
	switch o.failures {
	case 0:
		return fmt.Sprint(took)
	case 1:
		return fmt.Sprintf("1 failure in %s", took)
	}
	return fmt.Sprintf("%d failures in %s", o.failures, took)
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
	log("The stream is open again after %s, %s", in.outage.lasted(time.Now()), from)
	in.outage = outage{}
}
