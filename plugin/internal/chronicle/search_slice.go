package chronicle

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A tooMuchError says that a slice has more than is held, or than an answer takes: so
// much is in the last part of it, which is all of it where no less is known.
type tooMuchError struct{ last time.Duration }

func (e *tooMuchError) Error() string {
	return fmt.Sprintf("the last %s of the slice are too large to hold", e.last)
}

const (
	// pageSize is the most that both APIs answer with.
	pageSize = 1000
	// sliceRefusals is down to which length a slice is asked again that was refused
	// with 400: it may have been too long.
	sliceRefusals = time.Minute
)

// held is what was read of a slice: a list for each kind, newest first.
type held struct {
	lists        [][]stream.Detection
	count, bytes int
}

// inOrder is all of it in order of creation. The lists are in order as they came, so
// times are only looked at to merge several.
func (h *held) inOrder() (all []stream.Detection) {
	for _, list := range h.lists {
		slices.Reverse(list)
		all = append(all, list...)
	}
	if len(h.lists) < 2 {
		return all
	}
	type timed struct {
		created   time.Time
		detection stream.Detection
	}
	merged := make([]timed, len(all))
	for i := range all {
		merged[i] = timed{all[i].Created(), all[i]}
	}
	slices.SortStableFunc(merged, func(a, b timed) int { return a.created.Compare(b.created) })
	for i := range merged {
		all[i] = merged[i].detection
	}
	return all
}

// A partOfSlice is what was read of a slice. It outlives the connection: a slice may
// take more requests than a quota has at a time.
type partOfSlice struct {
	from, to time.Time
	queries  []query // left
	done     int
	held     held
	failures int // in a row, of the first query that is left
}

// slice reads a slice whole.
func (r *searchRun) slice(from, to time.Time) (*held, error) {
	p := r.part
	if p == nil || !p.from.Equal(from) || !p.to.Equal(to) {
		p = &partOfSlice{from: from, to: to, queries: r.queries()}
	}
	r.part = nil
	for len(p.queries) > 0 {
		q := p.queries[0]
		q.from, q.to, q.size = from, to, pageSize
		before := p.held
		if err := r.pages(q, &p.held); err != nil {
			p.held = before
			r.leave(p, err)
			return nil, err
		}
		p.queries, p.failures = p.queries[1:], 0
		p.done++
		r.noteBest(p)
	}
	return &p.held, nil
}

// leave keeps a part for the next connection after an error. Where a query fails a
// second time it may be too much for the server: the next slice is shorter. Where there
// are too many of them, it is not.
func (r *searchRun) leave(p *partOfSlice, err error) {
	if _, tooMuch := errors.AsType[*tooMuchError](err); tooMuch {
		return
	}
	r.part = p
	if isTooOften(err) {
		return
	}
	if p.failures++; p.failures > 1 {
		p.failures = 0
		r.length.shorten()
	}
}

// noteBest notes how far a part has come, and whether that is further than any before.
func (r *searchRun) noteBest(p *partOfSlice) {
	if p.from.After(r.best.from) || p.from.Equal(r.best.from) && p.done > r.best.done {
		r.best.from, r.best.done = p.from, p.done
		r.conn.further = true
	}
}

// queries are what is asked for each slice: custom rules, and the curated ones.
func (r *searchRun) queries() []query {
	if r.Client.Endpoint.API == Backstory {
		return []query{{method: backstoryDetections}, {method: backstoryCurated}}
	}
	all := []query{{method: chronicleDetections, ruleID: "-"}}
	for _, id := range r.curated.active {
		all = append(all, query{method: chronicleCurated, ruleID: id})
	}
	return all
}

// pages reads all pages of a query. The shortest slices are not held: nothing in
// them has an order that matters, and there may be any number. What is cut of their
// answers comes in smaller pages.
func (r *searchRun) pages(q query, h *held) error {
	hold := q.to.Sub(q.from) > shortestSlice
	var list []stream.Detection
	for {
		next, truncated, err := r.page(q, func(detections []stream.Detection) error {
			if !hold {
				return r.handOnPart(detections)
			}
			h.count += len(detections)
			for i := range detections {
				h.bytes += len(detections[i].Raw)
			}
			if h.count > holdCount || h.bytes > holdBytes {
				return &tooMuchError{q.to.Sub(detections[len(detections)-1].Created())}
			}
			list = append(list, detections...)
			return nil
		})
		switch {
		case err != nil && q.token == "" && q.to.Sub(q.from) > sliceRefusals && isBadRequest(err):
			return &tooMuchError{q.to.Sub(q.from)}
		case err != nil:
			return err
		case truncated && hold:
			return &tooMuchError{q.to.Sub(q.from)}
		case truncated && q.size > 1:
			q.size, q.token = q.size/2, ""
			continue
		case truncated:
			return r.wrong(q, errors.New("the server leaves out a detection that is too large for an answer of its own"))
		case next == "":
			if len(list) > 0 {
				h.lists = append(h.lists, list)
			}
			return nil
		case next == q.token:
			return r.wrong(q, errors.New("the server answered a page token with the same one"))
		}
		q.token = next
	}
}

// wrong makes an error of a query.
func (r *searchRun) wrong(q query, err error) error {
	return &SearchError{Host: r.Client.Endpoint.URL.Host, From: q.from, To: q.to, Err: err}
}
