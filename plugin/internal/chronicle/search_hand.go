package chronicle

import (
	"context"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// begin is where a search begins whose position is from.
func (s *Searcher) begin(from time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.reached.IsZero() && from.Equal(s.at):
		return s.reached
	case s.Exact:
		return from
	}
	return from.Add(-Overlap)
}

// position is the one of a slice's end, none where that would be a step back from the
// one that the search began with: a process that is killed again and again would get
// further back each time.
func (s *Searcher) position(end, began time.Time) (at time.Time, _ stream.Position) {
	if !s.Exact {
		end = end.Add(-Overlap)
	}
	end = end.Truncate(time.Microsecond)
	if !end.After(began) {
		return began, stream.Position{}
	}
	return end, stream.Position{ContinuationTime: said(end)}
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

// handOnSlice hands a slice on, and notes where it ends: that counts at once, whatever
// becomes of the search.
func (r *searchRun) handOnSlice(h *held, end time.Time) error {
	at, position := r.position(end, r.began)
	if err := r.handOn(h.inOrder(), position); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.reached = at, end
	return nil
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
