package input

import (
	"context"
	"errors"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// notSearched is what a search does not find, for the log.
const notSearched = "it finds what rules detected, custom and curated, whose alerting is on now; alerts of other kinds are not found"

// newSearcher is what reads by search.
func (in *input) newSearcher() *chronicle.Searcher {
	named := make(map[string]bool) // curated rules, in the log
	return &chronicle.Searcher{
		Client: in.client, Exact: !in.conf.End.IsZero(),
		Unsearchable: func(because error, from, to time.Time) {
			in.log.Warnf("%v; what curated rules detected from %s to %s is skipped", because, position.At(from), position.At(to))
			in.metrics.skippedSeconds.Incr(int64(to.Sub(from).Seconds()))
		},
		LeftOut: func(rule string, because error, total int) {
			in.metrics.skippedRules.Set(int64(total))
			if rule == "" || named[rule] {
				return
			}
			named[rule] = true
			in.log.Warnf("The curated rule %s is left out of the search: %v; what it detected is not found", rule, because)
		},
	}
}

// beginSearch is for a position that the server has nothing as old any more, as it
// said at now by its own clock. The search goes up to where the stream reaches back
// to, and somewhat further, since it takes its time.
func (in *input) beginSearch(because error, now time.Time) {
	if in.givesUp(in.retries.refused(), because) {
		return
	}
	in.cursor.GiveUpToken()
	in.cursor.searchTo = now.Add(chronicle.SearchMargin + chronicle.Overlap - chronicle.Retention)
	in.found = 0
	in.log.Infof("%v; what was created from %s to %s is read by search: %s", because, in.cursor.At(), position.At(in.cursor.searchTo), notSearched)
	in.metrics.reconnects.Incr(1, reasonTooOld)
	in.lastErr = nil
}

// search opens a search instead of the stream, where that is due.
func (in *input) search(ctx context.Context, from position.Position) *link {
	return &link{Connection: in.searcher.Open(ctx, from.Time(), in.cursor.searchTo), search: true, from: from}
}

// searched is for a search that has come to its end, and returns what Benthos has to
// be told.
func (in *input) searched(conn *link) error {
	in.lastErr = nil
	in.retries.succeeded(conn.Opened(), time.Now(), 0)
	in.cursor.searchTo = time.Time{}
	if !in.conf.End.IsZero() {
		in.log.Infof("All that was created before %s is read: %d detections", position.At(in.export.end), in.found)
		in.ended = true
		return service.ErrEndOfInput
	}
	in.log.Infof("The search has found %d detections, and the stream goes on from %s", in.found, in.cursor.At())
	return service.ErrNotConnected
}

// isSearched says whether err is the end of a search that found all there was.
func (l *link) isSearched(err error) bool { return l.search && errors.Is(err, chronicle.ErrEnded) }

// look says whether a detection was had before, and whether it is new. What a search
// finds is recognised by its id, and so is what a stream brings again of it.
func (in *input) look(conn *link, id string, raw []byte) (repeat, isNew bool) {
	if !conn.search {
		repeat, isNew = in.replays.Look(id, raw)
		if !repeat && in.conf.DedupeWindow > 0 && in.searchedBefore.Has(id) {
			return true, isNew
		}
		return repeat, isNew
	}
	repeat, isNew = in.replays.LookByID(id, raw)
	if !repeat && in.conf.DedupeWindow > 0 && in.searchedBefore.Has(id) {
		return true, false
	}
	in.searchedBefore.Found(id)
	if !repeat {
		in.found++
		in.metrics.searched.Incr(1)
	}
	return repeat, isNew
}

// noteSeam notes how far a search or the stream behind it has come.
func (in *input) noteSeam(conn *link, piece stream.Piece) {
	switch at := in.cursor.At().Time(); {
	case !piece.Complete:
	case conn.search:
		in.searchedBefore.Reached(at)
	default:
		in.searchedBefore.Passed(at)
	}
}
