package journal

import (
	"container/list"
	"fmt"
	"sync"
	"time"
)

const (
	// overdueAge is the age from which an unacknowledged message is overdue. An
	// output that gathers messages for longer than that would be warned of all the
	// time.
	overdueAge = time.Minute

	// overdueInterval is the time between two lines while messages are overdue.
	overdueInterval = 10 * time.Minute

	// overdueForget is for how long none has to be overdue for that to be over. An
	// output that always takes somewhat more than a minute has an overdue message,
	// and a minute later the next one.
	overdueForget = 2 * time.Minute
)

// A Flight follows the message batches that were handed to the pipeline and are not
// acknowledged, and says when the oldest of them is overdue. The zero Flight is
// empty. It is safe for concurrent use.
type Flight struct {
	mu       sync.Mutex // guards what follows
	batches  list.List  // of *flightBatch, in the order of hand-over
	messages int        // of all batches

	// since is when the first overdue message was handed over, zero while that is
	// over; last is when a message was overdue last, told when a line said so.
	since, last, told time.Time
}

// A flightBatch is a message batch that is not acknowledged as a whole.
type flightBatch struct {
	handedOver time.Time
	messages   int // not acknowledged
}

// HandOver notes that a message batch is handed to the pipeline for the first time.
// The returned function is called for each part of it that is settled.
func (f *Flight) HandOver(now time.Time, messages int) (settled func(messages int)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	batch := &flightBatch{now, messages}
	f.messages += messages
	place := f.batches.PushBack(batch)
	return func(messages int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.messages -= messages
		if batch.messages -= messages; batch.messages == 0 {
			f.batches.Remove(place)
		}
	}
}

// Oldest is the age of the oldest message in flight, 0 where there is none.
func (f *Flight) Oldest(now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.oldest(now)
}

// oldest is called with mu held.
func (f *Flight) oldest(now time.Time) time.Duration {
	front := f.batches.Front()
	if front == nil {
		return 0
	}
	return now.Sub(front.Value.(*flightBatch).handedOver)
}

// Line is what there is to say at now, "" for nothing, and whether a message is
// overdue.
func (f *Flight) Line(now time.Time) (line string, overdue bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	age := f.oldest(now)
	if age < overdueAge {
		if f.since.IsZero() || now.Sub(f.last) < overdueForget {
			return "", false
		}
		line = fmt.Sprintf("Nothing in flight is older than a minute any more, after %s", roughly(f.last.Sub(f.since)))
		f.since = time.Time{}
		return line, false
	}
	f.last = now
	switch {
	case f.since.IsZero():
		f.since = now.Add(-age)
	case now.Sub(f.told) < overdueInterval:
		return "", true
	}
	f.told = now
	messages := "messages that are"
	if f.messages == 1 {
		messages = "message that is"
	}
	return fmt.Sprintf("No output has taken %d %s in flight, the oldest for %s", f.messages, messages, roughly(age)), true
}
