package chronicle

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// What is older than the stream reaches is read by search, in these files:
//
//	search.go          from slice to slice
//	search_hand.go     what is handed on of each, and the position behind it
//	search_slice.go    one slice: its pages, and what does not fit
//	search_length.go   how long slices are
//	search_failure.go  what a failure says of the length
//	search_request.go  one request
//	search_curated.go  curated rules, which the Chronicle API searches one by one
//	search_pace.go     never faster than the quotas
//
// Answers are newest first, so a slice that was read in part has no position to resume
// from: a slice is held until it is whole, and handed on in order of creation. Its
// end is the position. Within a process nothing that was read is read again: the pages of
// a slice outlive the connection that read them.

// Overlap is how far a search begins before the position that a stream has left, and
// how far a stream begins before the end of a search. The two go by different times:
// a search by when a detection was created, a stream by when it was its turn there.
// Machines with clocks of their own note them, and between them a detection is
// stored and made available. Clocks of Google's differ by milliseconds, and the
// stand-still between two stages of a pipeline is seconds; minutes are ample, and
// what comes twice in them costs a comparison of ids. Longer would only have a
// restart repeat more.
const Overlap = 5 * time.Minute

// SearchMargin is how much less than the stream's reach a search leaves to it, so
// that the position is not too old again by the time that the stream is open.
const SearchMargin = time.Hour

// A Searcher searches, one connection at a time. It remembers from one to the next
// how long slices may be, how fast it may ask, and which curated rules have anything.
type Searcher struct {
	Client *Client
	// Exact says that there is no stream before or after, so no overlap is needed.
	Exact bool
	// Unsearchable is called for what cannot be searched, between two times.
	Unsearchable func(because error, from, to time.Time)
	// LeftOut is called for a curated rule that cannot be searched, the so-manieth of the
	// search, and without a rule where a search begins.
	LeftOut func(rule string, because error, total int)

	mu sync.Mutex // guards what follows
	// Behind the position at, all up to reached was handed on.
	at, reached time.Time

	// What only the goroutine of the one connection knows.
	length  sliceLength
	pace    pace
	curated curatedRules
	part    *partOfSlice // nil between two slices
	best    searchProgress
	clock   answer.Clock
	heard   time.Time // when clock was
}

// A SearchError is a failure of a search.
type SearchError struct {
	Host string
	// From and To are what was asked for, zero where it was curated rules.
	From, To time.Time
	Err      error
}

func (e *SearchError) Error() string {
	if e.From.IsZero() {
		return fmt.Sprintf("listing the curated rules at %s: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("searching %s for what was created from %s to %s: %v", e.Host, said(e.From), said(e.To), e.Err)
}
func (e *SearchError) Unwrap() error { return e.Err }

// said is a time as Chronicle writes it.
func said(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// Open begins to search from a position until a time. Its connection ends with
// [ErrEnded] when all of that was handed on, else with a *[SearchError].
func (s *Searcher) Open(ctx context.Context, from, until time.Time) *Connection {
	run, release := s.run(context.WithoutCancel(ctx))
	run.conn.server, run.conn.heard = s.clock, s.heard
	go func() {
		defer close(run.conn.done)
		defer release()
		run.began = from
		run.conn.err = run.read(s.begin(from), until)
	}()
	return run.conn
}

// Clock is the server's, as of the first answer to a request of a search. No connection may
// be open. An answer that is a refusal tells it as well.
func (s *Searcher) Clock(ctx context.Context) (answer.Clock, error) {
	if s.clock.Known {
		return s.clock, nil
	}
	run, release := s.run(ctx)
	defer release()
	q := run.queries()[0]
	q.to = time.Now().Add(-24 * time.Hour)
	q.from, q.size = q.to.Add(-time.Minute), 1
	_, _, err := run.page(q, func([]stream.Detection) error { return nil })
	if s.clock.Known {
		return s.clock, nil
	}
	return s.clock, err
}

// Probe asks each method of a search once, to see that it may be used.
func (s *Searcher) Probe(ctx context.Context) error {
	run, release := s.run(ctx)
	defer release()
	now, nothing := time.Now(), func([]stream.Detection) error { return nil }
	for _, q := range run.queries() {
		q.from, q.to, q.size = now.Add(-time.Hour), now, 1
		if _, _, err := run.page(q, nothing); err != nil {
			return err
		}
	}
	if s.Client.Endpoint.API == Backstory {
		return nil
	}
	var rules curatedRules
	if err := run.listCurated(&rules); err != nil || len(rules.ids) == 0 {
		return err
	}
	q := query{method: chronicleCurated, ruleID: rules.ids[0], from: now.Add(-time.Hour), to: now, size: 1}
	_, _, err := run.page(q, nothing)
	if err != nil {
		_, err = run.leaveOut(q, err)
	}
	return err
}

// run begins a connection. Whoever is done with it releases it.
func (s *Searcher) run(ctx context.Context) (run *searchRun, release func()) {
	conn := &Connection{opened: time.Now(), pieces: make(chan stream.Piece), done: make(chan struct{})}
	conn.ctx, conn.cancel = context.WithCancelCause(ctx)
	conn.silence = newSilenceTimer(s.Client.Timeouts, conn.cancel)
	client, releaseClient := s.Client.Network.NewClient()
	return &searchRun{Searcher: s, conn: conn, client: client}, func() {
		conn.silence.stop()
		conn.cancel(errClosed)
		releaseClient()
	}
}

// A searchRun is one connection of a searcher.
type searchRun struct {
	*Searcher
	conn      *Connection
	client    *http.Client
	began     time.Time // the position
	granted   *signin.Access
	grantedAt time.Time
	// handing is the handing on of the slice before, nil where there is none.
	handing chan error
}

func (r *searchRun) read(at, until time.Time) (err error) {
	defer func() {
		if handed := r.handedOn(); handed != nil {
			err = handed
		}
	}()
	for at.Before(until) {
		if err := r.findCurated(at, until); err != nil {
			return err
		}
		end := r.end(at, until)
		held, err := r.slice(at, end)
		switch {
		case errors.Is(err, errShorter):
			continue
		case err != nil:
			return err
		}
		// What is in the one before goes first.
		if err := r.handedOn(); err != nil {
			return err
		}
		r.length.worked(held.count, held.bytes, end.Sub(at))
		at = end
		r.handing = make(chan error, 1)
		go func(handing chan<- error) { handing <- r.handOnSlice(held, end) }(r.handing)
	}
	return ErrEnded
}

// end is where the slice ends that begins at a time: that of the part that an earlier
// connection has left, if there is one.
func (r *searchRun) end(at, until time.Time) time.Time {
	if r.part != nil && r.part.from.Equal(at) && !r.part.to.After(until) {
		return r.part.to
	}
	end := earliest(r.length.end(at), until)
	if r.Client.Endpoint.API == Chronicle {
		end = earliest(end, r.curated.end)
	}
	return end
}
