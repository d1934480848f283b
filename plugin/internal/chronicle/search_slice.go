package chronicle

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// errTooLarge says that a slice has more than an answer takes.
var errTooLarge = errors.New("the slice is too large")

// A tooMuchError says that a slice has more than is held: so much is in the last part of
// it.
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

// slice reads a slice whole.
func (r *searchRun) slice(from, to time.Time) (*held, error) {
	h := &held{}
	for _, q := range r.queries() {
		q.from, q.to, q.size = from, to, pageSize
		if err := r.pages(q, h); err != nil {
			return nil, err
		}
	}
	return h, nil
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
			return errTooLarge
		case err != nil:
			return err
		case truncated && hold:
			return errTooLarge
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
