package chronicle

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// What is older than the stream reaches is read by search, in these files:
//
//	search.go          from slice to slice, and what is handed on of each
//	search_slice.go    one slice: its pages, and what does not fit
//	search_length.go   how long slices are
//	search_request.go  one request
//	search_curated.go  curated rules, which the Chronicle API searches one by one
//	search_pace.go     never faster than the quotas
//
// Answers are newest first, so a slice that was read in part has no place to resume
// from: a slice is held until it is whole, and handed on in order of creation. Its
// end is the position.

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
	// Unsearchable is told of what cannot be searched, between two times.
	Unsearchable func(because error, from, to time.Time)

	mu          sync.Mutex // guards what follows
	first, last time.Time  // of the positions handed on
	// Up to reached, all was handed on while the position was still at, since an end
	// less the overlap was before it.
	at, reached time.Time

	// What only the goroutine of the one connection knows.
	length  sliceLength
	pace    pace
	curated curatedRules
	part    *partOfSlice // where a connection has left one
	// best is the furthest of all parts.
	best struct {
		from time.Time
		done int
	}
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

// begin is where a search begins whose position is from. Where this searcher has
// handed that position on, all before the end of its slice was read.
func (s *Searcher) begin(from time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.Exact:
		return from
	case !s.first.IsZero() && !from.Before(s.first) && !from.After(s.last):
		return from.Add(Overlap)
	case !s.reached.IsZero() && from.Equal(s.at):
		return s.reached
	}
	return from.Add(-Overlap)
}

// position is the one of a slice's end, none where that would be a step back from the
// one that the search began with: a process that is killed again and again would get
// further back each time.
func (s *Searcher) position(end, began time.Time) stream.Position {
	if !s.Exact {
		end = end.Add(-Overlap)
	}
	end = end.Truncate(time.Microsecond)
	if !end.After(began) {
		return stream.Position{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first.IsZero() || end.Before(s.first) {
		s.first = end
	}
	s.last = end
	return stream.Position{ContinuationTime: said(end)}
}

// Open begins to search from a position until a time. Its connection ends with
// [ErrEnded] when all of that was handed on, else with a *[SearchError].
func (s *Searcher) Open(ctx context.Context, from, until time.Time) *Connection {
	run, release := s.run(context.WithoutCancel(ctx))
	go func() {
		defer close(run.conn.done)
		defer release()
		run.began = from
		run.conn.err = run.read(s.begin(from), until)
	}()
	return run.conn
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
	_, _, err := run.page(query{method: chronicleCurated, ruleID: rules.ids[0], from: now.Add(-time.Hour), to: now, size: 1}, nothing)
	return err
}

// run begins a connection. Whoever is done with it releases it.
func (s *Searcher) run(ctx context.Context) (run *searchRun, release func()) {
	conn := &Connection{opened: time.Now(), pieces: make(chan stream.Piece), done: make(chan struct{})}
	conn.ctx, conn.cancel = context.WithCancelCause(ctx)
	conn.silence = newSilenceTimer(s.Client.IdleTimeout, conn.cancel)
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
	if err := r.findCurated(at, until); err != nil {
		return err
	}
	for at.Before(until) {
		end := at.Add(r.length.next())
		if end.After(until) {
			end = until
		}
		held, err := r.slice(at, end)
		tooMuch, isTooMuch := errors.AsType[*tooMuchError](err)
		switch {
		case isTooMuch:
			r.length.shortenTo(tooMuch.last / 2)
			continue
		case err != nil:
			return err
		}
		// What is in the one before goes first.
		if err := r.handedOn(); err != nil {
			return err
		}
		r.length.took(held.count, held.bytes, end.Sub(at))
		at = end
		r.handing = make(chan error, 1)
		go func(handing chan<- error) { handing <- r.handOnSlice(held, end) }(r.handing)
	}
	return ErrEnded
}

// handedOn waits until the slice before is handed on, which goes on while the next one is
// read.
func (r *searchRun) handedOn() error {
	if r.handing == nil {
		return nil
	}
	handing := r.handing
	r.handing = nil
	return <-handing
}

// handOnSlice hands a slice on, and notes where it ends.
func (r *searchRun) handOnSlice(h *held, end time.Time) error {
	position := r.position(end, r.began)
	err := r.handOn(h.inOrder(), position)
	if err == nil && position == (stream.Position{}) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.at, r.reached = r.began, end
	}
	return err
}

// handOn hands detections on, in pieces of the usual size. The last one has the
// position count.
func (r *searchRun) handOn(detections []stream.Detection, after stream.Position) error {
	for {
		n := r.Client.Pieces.Fit(detections)
		piece := stream.Piece{Kind: stream.Batch, Detections: detections[:n], Complete: n == len(detections), Position: after}
		if err := r.offer(piece); err != nil || piece.Complete {
			return err
		}
		detections = detections[n:]
	}
}

// handOnPart hands on what has no position yet.
func (r *searchRun) handOnPart(detections []stream.Detection) error {
	if err := r.handedOn(); err != nil {
		return err
	}
	for len(detections) > 0 {
		n := r.Client.Pieces.Fit(detections)
		if err := r.offer(stream.Piece{Kind: stream.Batch, Detections: detections[:n]}); err != nil {
			return err
		}
		detections = detections[n:]
	}
	return nil
}

func (r *searchRun) offer(piece stream.Piece) error {
	select {
	case r.conn.pieces <- piece:
		return nil
	case <-r.conn.ctx.Done():
		return context.Cause(r.conn.ctx)
	}
}
