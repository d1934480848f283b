package redeliver

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// feedName is what a feed is called as an input of Benthos.
const feedName = "chronicle_redelivered"

// What may be in flight at a time.
const (
	maxInFlight = 500
	maxBytes    = 32 << 20
)

// An item is a message on its way.
type item struct {
	line    *line
	refused *plugin.Refused

	// What follows is guarded by the feed.
	failures int
	kept     bool   // it is in the file of the old name
	reason   string // why, if it is
	due      time.Time
}

// itemKey is what a message's context knows its item by.
type itemKey struct{}

// A feed hands the messages of one way to a pipeline, each in a batch of its own, and
// hands out again what that rejects. It lives for one run of the pipeline.
type feed struct {
	way     way
	ways    func(*line) (*plugin.Refused, way, bool) // reads a line; false for none that can be sent
	settled func(*item)                              // is told of each that has arrived, or is kept again
	skip    func(*line) bool
	reject  func(error) // is told why something is sent again
	path    string      // of what was moved aside

	file  *os.File
	lines *lineReader

	stopped  chan struct{}
	stopOnce sync.Once

	mu       sync.Mutex // guards what follows
	ended    bool       // all lines are read
	inFlight int
	bytes    int
	again    []*item
	changed  chan struct{} // closed and replaced where something of that changes
	err      error         // of reading
}

func newFeed(w way, path string) *feed {
	return &feed{way: w, path: path, stopped: make(chan struct{}), changed: make(chan struct{})}
}

// stop ends the reading. What is in flight may still arrive.
func (f *feed) stop() { f.stopOnce.Do(func() { close(f.stopped) }) }

// Connect implements service.BatchInput.
func (f *feed) Connect(context.Context) error {
	if f.file != nil {
		return nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	f.file, f.lines = file, newLineReader(file)
	return nil
}

// ReadBatch implements service.BatchInput.
func (f *feed) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	for {
		select {
		case <-f.stopped:
			return nil, nil, service.ErrEndOfInput
		default:
		}
		next, more, wait := f.next()
		switch {
		case next != nil:
			return f.handOut(next)
		case more:
			if err := f.read(); err != nil {
				f.fail(err)
				return nil, nil, service.ErrEndOfInput
			}
			continue
		case wait == nil:
			return nil, nil, service.ErrEndOfInput
		}
		if err := wait(ctx, f.stopped); err != nil {
			return nil, nil, err
		}
	}
}

// next returns what to hand out again, or that more is to be read, or how to wait for
// either. Where there is nothing to wait for, all is done.
func (f *feed) next() (again *item, more bool, wait func(ctx context.Context, stopped <-chan struct{}) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var soonest time.Time
	now := time.Now()
	for i, one := range f.again {
		if !one.due.After(now) {
			f.again = slices.Delete(f.again, i, i+1)
			return one, false, nil
		}
		if soonest.IsZero() || one.due.Before(soonest) {
			soonest = one.due
		}
	}
	if !f.ended && f.inFlight < maxInFlight && f.bytes < maxBytes {
		return nil, true, nil
	}
	if f.ended && f.inFlight == 0 {
		return nil, false, nil
	}
	changed := f.changed
	return nil, false, func(ctx context.Context, stopped <-chan struct{}) error {
		var timer <-chan time.Time
		if !soonest.IsZero() {
			timer = time.After(soonest.Sub(now))
		}
		select {
		case <-changed:
		case <-timer:
		case <-stopped:
		case <-ctx.Done():
			return ctx.Err()
		}
		return nil
	}
}

// read reads on to the next line of the feed's way, and puts that where next finds it.
func (f *feed) read() error {
	for {
		l, err := f.lines.next()
		if errors.Is(err, io.EOF) {
			f.mu.Lock()
			f.ended = true
			f.mu.Unlock()
			return nil
		}
		if err != nil {
			return err
		}
		if f.skip(l) {
			continue
		}
		message, w, ok := f.ways(l)
		if !ok || w != f.way {
			continue
		}
		f.mu.Lock()
		f.inFlight++
		f.bytes += len(l.text)
		f.again = append(f.again, &item{line: l, refused: message})
		f.mu.Unlock()
		return nil
	}
}

// handOut makes a batch of an item.
func (f *feed) handOut(i *item) (service.MessageBatch, service.AckFunc, error) {
	message := i.refused.Message()
	if f.way.pipeline == replay {
		// As replay.yaml's own input has it.
		message.MetaSetMut("destination", i.refused.Destination["to"])
		if object, has := i.refused.Destination["object"]; has {
			message.MetaSetMut("object", object)
		}
	}
	message = message.WithContext(context.WithValue(context.Background(), itemKey{}, i))
	return service.MessageBatch{message}, func(_ context.Context, err error) error {
		f.acknowledged(i, err)
		return nil
	}, nil
}

// The waits before what a pipeline has rejected is handed out again. Most pipelines
// try again themselves, with waits of their own.
const (
	firstWait = time.Second
	lastWait  = time.Minute
)

func (f *feed) acknowledged(i *item, err error) {
	select {
	case <-f.stopped: // of what is left over, the report tells
	default:
		if err != nil {
			f.reject(err)
		}
	}
	if err == nil {
		f.settled(i)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		i.due = time.Now().Add(min(firstWait<<min(i.failures, 6), lastWait))
		i.failures++
		f.again = append(f.again, i)
	} else {
		f.inFlight--
		f.bytes -= len(i.line.text)
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// keep notes that a message is in the file of the old name.
func (f *feed) keep(i *item, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i.kept, i.reason = true, reason
}

// keptAgain returns whether it is there, and why.
func (f *feed) keptAgain(i *item) (kept bool, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return i.kept, i.reason
}

func (f *feed) fail(err error) {
	f.mu.Lock()
	f.err = errors.Join(f.err, err)
	f.mu.Unlock()
	f.stop()
}

func (f *feed) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Close implements service.BatchInput.
func (f *feed) Close(context.Context) error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
