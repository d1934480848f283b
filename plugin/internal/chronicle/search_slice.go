package chronicle

import (
	"errors"
	"hash/maphash"
	"slices"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// pageSize is the most that both APIs answer with.
const pageSize = 1000

// held is what was read of a slice: a list for each method and rule, newest first.
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

// A partOfSlice is what was read of a slice. It outlives connections, page by page: a slice
// may take more requests than a quota has at a time, and than a server manages without a
// failure.
//
// Its queries are those that are left, each for a span of the slice. Where a server does
// not manage a span, the query is divided, and what was read before stays.
type partOfSlice struct {
	from, to time.Time
	queries  []query
	held     held
	list     []stream.Detection // of the query at hand, and those before it that are of the same list
	tokens   pageTokens         // of the query at hand
	begin    partMark           // of the query at hand
	refused  int                // how often a page token was, of the query at hand
	attempts attempts
	progress searchProgress
}

// A partMark is how much was held at some moment.
type partMark struct{ listed, count, bytes int }

func newPart(from, to time.Time, queries []query) *partOfSlice {
	for i := range queries {
		queries[i].from, queries[i].to, queries[i].size = from, to, pageSize
	}
	return &partOfSlice{from: from, to: to, queries: queries, progress: searchProgress{from: from}}
}

// holds says whether the part is held until it is whole. The shortest slices are not:
// nothing in them has an order that matters, and there may be any number.
func (p *partOfSlice) holds() bool { return p.to.Sub(p.from) > shortestSlice }

// query is the one at hand. A span that is longer than the server is known to manage is
// divided before it is asked for.
func (p *partOfSlice) query(l *sliceLength) query {
	for p.queries[0].token == "" && l.isTooLong(p.queries[0].span()) {
		p.divide()
	}
	return p.queries[0]
}

// divide halves the query at hand, the newer half first, and begins it anew.
func (p *partOfSlice) divide() {
	p.restart()
	q := p.queries[0]
	middle := q.from.Add(q.span() / 2).Truncate(time.Microsecond)
	older, newer := q, q
	older.to, newer.from = middle, middle
	p.queries = slices.Concat([]query{newer, older}, p.queries[1:])
	p.attempts.failures, p.refused = 0, 0
}

// restart begins the query at hand anew, without what was read of it.
func (p *partOfSlice) restart() {
	p.queries[0].token, p.tokens = "", pageTokens{}
	p.list = p.list[:p.begin.listed]
	p.held.count, p.held.bytes = p.begin.count, p.begin.bytes
	p.progress.pages = 0
}

// add takes in a whole page of the query at hand.
func (p *partOfSlice) add(page []stream.Detection, bytes int, next string) error {
	p.list = append(p.list, page...)
	p.held.count, p.held.bytes = p.held.count+len(page), p.held.bytes+bytes
	p.progress.pages++
	if next == "" {
		p.finish()
		return nil
	}
	if !p.tokens.add(next) {
		p.restart()
		return errRepeatedToken
	}
	p.queries[0].token = next
	p.attempts = attempts{}
	return nil
}

// finish ends the query at hand.
func (p *partOfSlice) finish() {
	done := p.queries[0]
	p.queries = p.queries[1:]
	p.progress.done, p.progress.pages = p.progress.done+1, 0
	if len(p.queries) == 0 || !p.queries[0].isSameList(done) {
		if len(p.list) > 0 {
			p.held.lists = append(p.held.lists, p.list)
		}
		p.list = nil
	}
	p.tokens, p.refused, p.attempts = pageTokens{}, 0, attempts{}
	p.begin = partMark{len(p.list), p.held.count, p.held.bytes}
}

// leaveOut leaves the list of the query at hand out of the part.
func (p *partOfSlice) leaveOut() {
	gone := p.queries[0]
	for _, d := range p.list {
		p.held.count, p.held.bytes = p.held.count-1, p.held.bytes-len(d.Raw)
	}
	p.list = nil
	p.queries = slices.DeleteFunc(p.queries, gone.isSameList)
	p.tokens, p.refused, p.attempts = pageTokens{}, 0, attempts{}
	p.begin = partMark{0, p.held.count, p.held.bytes}
	p.progress.done, p.progress.pages = p.progress.done+1, 0
}

// dense is the part of the slice that has as much as is held, by the page that did not fit
// any more: from its oldest detection to the newest of the query. Of several lists the
// earlier ones are whole and this one is not, so nothing is known but that the slice has too
// much.
func (p *partOfSlice) dense(page []stream.Detection) densePart {
	if len(page) == 0 || p.begin.count > holdCount/2 || p.begin.bytes > holdBytes/2 {
		return densePart{from: p.from, to: p.to}
	}
	newest := &page[0]
	if len(p.list) > p.begin.listed {
		newest = &p.list[p.begin.listed]
	}
	end := newest.Created().Truncate(time.Microsecond).Add(time.Microsecond)
	return densePart{from: page[len(page)-1].Created().Truncate(time.Microsecond), to: earliest(end, p.to)}
}

// A searchProgress is how far a search has come.
type searchProgress struct {
	from        time.Time // of the slice
	done, pages int       // queries of it, and pages of the query at hand
}

func (p searchProgress) isAfter(other searchProgress) bool {
	switch {
	case !p.from.Equal(other.from):
		return p.from.After(other.from)
	case p.done != other.done:
		return p.done > other.done
	}
	return p.pages > other.pages
}

// pageTokens are those that one query was answered with.
type pageTokens struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

// add notes a token, and says whether it is new.
func (t *pageTokens) add(token string) bool {
	if t.seen == nil {
		t.seed, t.seen = maphash.MakeSeed(), make(map[uint64]struct{})
	}
	key := maphash.String(t.seed, token)
	_, seen := t.seen[key]
	t.seen[key] = struct{}{}
	return !seen
}

// slice reads a slice whole, or the rest of one. It returns errShorter where the slice is
// to be asked again.
func (r *searchRun) slice(from, to time.Time) (*held, error) {
	if r.part == nil || !r.part.from.Equal(from) || !r.part.to.Equal(to) {
		r.part = newPart(from, to, r.queries())
	}
	p := r.part
	for len(p.queries) > 0 {
		q := p.query(&r.length)
		err := r.readPage(p, q)
		if err != nil {
			err = r.failedPage(p, q, err)
		}
		if err != nil {
			return nil, err
		}
		r.noteProgress(p.progress)
	}
	r.part = nil
	return &p.held, nil
}

// noteProgress notes whether the search has come further than ever.
func (r *searchRun) noteProgress(p searchProgress) {
	if p.isAfter(r.best) {
		r.best, r.conn.further = p, true
	}
}

// queries are what is asked for each slice: custom rules, and the curated ones.
func (r *searchRun) queries() []query {
	if r.Client.Endpoint.API == Backstory {
		return []query{{method: backstoryDetections}, {method: backstoryCurated}}
	}
	all := []query{{method: chronicleDetections, ruleID: "-"}}
	for _, id := range r.curated.active {
		if !r.curated.skipped[id] {
			all = append(all, query{method: chronicleCurated, ruleID: id})
		}
	}
	return all
}

// readPage reads the next page of a query.
func (r *searchRun) readPage(p *partOfSlice, q query) error {
	var page []stream.Detection
	bytes := 0
	next, truncated, err := r.page(q, func(detections []stream.Detection) error {
		if len(detections) == 0 {
			return nil
		}
		if !p.holds() {
			return r.handOnPart(detections)
		}
		page = append(page, detections...)
		for i := range detections {
			bytes += len(detections[i].Raw)
		}
		if p.held.count+len(page) > holdCount || p.held.bytes+bytes > holdBytes {
			return &tooMuchError{p.dense(page)}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case !truncated:
		err := p.add(page, bytes, next)
		if next == "" && q.span() < p.to.Sub(p.from) {
			r.length.worked(len(page), bytes, q.span())
		}
		return err
	case p.holds():
		return &tooMuchError{p.dense(page)}
	case q.size > 1:
		// What is cut of an answer comes in smaller pages.
		p.restart()
		p.queries[0].size = q.size / 2
		return nil
	}
	return r.wrong(q, errors.New("the server leaves out a detection that is too large for an answer of its own"))
}

// failedPage decides what becomes of a part after an error, nil to go on with it at once.
func (r *searchRun) failedPage(p *partOfSlice, q query, err error) error {
	if tooMuch, ok := errors.AsType[*tooMuchError](err); ok {
		r.part, r.best = nil, searchProgress{}
		r.length.tooMuch(p.from, p.to, tooMuch.dense)
		return errShorter
	}
	switch failureKindOf(err) {
	case failureToken:
		return r.refusedToken(p, q, err)
	case failureOther:
		if errors.Is(err, errRepeatedToken) {
			return r.wrong(q, err)
		}
		left, err := r.leaveOut(q, err)
		if left {
			p.leaveOut()
		}
		return err
	}
	divide, atOnce := r.blames(&p.attempts, &r.length, q, err)
	if divide {
		p.divide()
		r.best.pages = 0
	}
	if atOnce {
		return nil
	}
	return err
}

// refusedToken is for a page token that was refused: it may have expired while nothing
// could be asked. Where that happens again, the span has to fit into a page.
func (r *searchRun) refusedToken(p *partOfSlice, q query, err error) error {
	p.restart()
	if p.refused++; p.refused == 1 {
		return nil
	}
	if q.span() > shortestDivided {
		r.length.shortenTo(p.to.Sub(p.from) / 2)
		p.divide()
		r.best.pages = 0
	}
	return err
}

// wrong makes an error of a query.
func (r *searchRun) wrong(q query, err error) error {
	return &SearchError{Host: r.Client.Endpoint.URL.Host, From: q.from, To: q.to, Err: err}
}
