package chronicle

import (
	"slices"
	"time"
)

const (
	// firstSlice is how long the first slice is.
	firstSlice = time.Hour
	// longestSlice bounds what is read again after a restart.
	longestSlice = 7 * 24 * time.Hour
	// shortestSlice is never divided: what was created within so little is handed on as
	// it comes, in pages.
	shortestSlice = time.Millisecond

	// holdCount and holdBytes are the most of a slice that is held, of which there may be
	// two besides what is in flight: with more, the process would exceed its 150 MB. A
	// slice that has more is asked again, shorter.
	holdCount = 10_000
	holdBytes = 6 << 20

	// successes is how many slices of the present length are read before the next one is
	// longer.
	successes = 3
	// firstPatience is how many are read before a length is asked again that was refused.
	// It doubles with each further refusal, up to mostPatience.
	firstPatience = 8
	mostPatience  = 128
	// mostDense is how many dense parts are remembered.
	mostDense = 100
)

// A sliceLength is how long slices are at present. It is a plain calculation.
//
// Slices become shorter where a server does not manage them (tooLong) or where they hold
// too much (tooMuch), and longer by steps, each after several slices of the present length
// that held little. A length that was refused as too long is a ceiling: it is asked again
// only after many successes below it.
type sliceLength struct {
	length   time.Duration
	proven   time.Duration // the longest that worked since the last refusal
	ceiling  time.Duration // the shortest that was refused, 0 where none is known
	patience int           // successes before the ceiling is tried again
	streak   int           // slices of the present length in a row that held little
	dense    []densePart   // ahead, in order
}

// A densePart is a part of the time that holds more than a slice may. It is read in slices
// of a length of its own, and what lies before it in one.
type densePart struct {
	from, to time.Time
	length   time.Duration
}

func (d densePart) span() time.Duration { return d.to.Sub(d.from) }

func (l *sliceLength) next() time.Duration {
	if l.length == 0 {
		l.length = firstSlice
	}
	return l.length
}

// end is where a slice ends that begins at a time.
func (l *sliceLength) end(at time.Time) time.Time {
	for len(l.dense) > 0 && !at.Before(l.dense[0].to) {
		l.dense = l.dense[1:]
	}
	end := at.Add(l.next())
	switch {
	case len(l.dense) == 0:
		return end
	case at.Before(l.dense[0].from):
		return earliest(end, l.dense[0].from)
	}
	return earliest(at.Add(min(l.dense[0].length, l.next())), l.dense[0].to)
}

// isTooLong says whether a span is longer than the server is known to manage. Halves are
// rounded, so a little longer is not.
func (l *sliceLength) isTooLong(span time.Duration) bool {
	return l.ceiling > 0 && span > l.next()+time.Microsecond
}

// isProven says whether a length has worked. A server that does not manage it once may do
// so the next time.
func (l *sliceLength) isProven(length time.Duration) bool {
	return length <= l.proven+time.Microsecond
}

// tooLong takes in that a server did not manage a length.
func (l *sliceLength) tooLong(length time.Duration) {
	switch {
	case l.ceiling > 0 && length >= l.ceiling:
		l.patience = min(2*l.patience, mostPatience)
	default:
		l.patience = firstPatience
	}
	l.ceiling = length
	if length <= l.proven {
		l.proven = 0
	}
	l.shortenTo(length / 2)
}

// tooMuch takes in that a slice holds too much, and that a part of it alone does, which is
// all of it where no less is known. That may be a burst. Where the part is a good share of
// the slice, or where what lies before it holds too much as well, it is none: then all
// slices are shorter.
func (l *sliceLength) tooMuch(from, to time.Time, dense densePart) {
	if dense.from.Before(from) || !dense.from.Before(dense.to) || dense.to.After(to) {
		dense = densePart{from: from, to: to}
	}
	dense.length = max((dense.span() / 2).Truncate(time.Microsecond), shortestSlice)
	isBefore := len(l.dense) > 0 && to.Equal(l.dense[0].from)
	if isBefore || dense.span() > to.Sub(from)/4 {
		l.shortenTo(dense.length)
	}
	l.streak = 0
	l.dense = slices.Insert(l.dense, 0, dense)
	l.dense = l.dense[:min(len(l.dense), mostDense)]
}

// shortenTo makes slices no longer than that.
func (l *sliceLength) shortenTo(length time.Duration) {
	l.length = max(min(length, l.next()).Truncate(time.Microsecond), shortestSlice)
	l.streak = 0
}

// worked takes in what a slice of a length held, or a part of one that was divided. One that
// was cut short, by the end of the search for one, does not count towards longer ones.
func (l *sliceLength) worked(count, bytes int, length time.Duration) {
	if length > l.next()+time.Microsecond {
		return // it was divided, or lay before a dense part
	}
	l.proven = max(l.proven, length)
	if l.ceiling > 0 && length >= l.ceiling {
		l.ceiling = 0
	}
	if 2*length <= l.length {
		return
	}
	below := func(share int) bool { return count < holdCount/share && bytes < holdBytes/share }
	if !below(4) {
		l.streak = 0
		return
	}
	l.streak++
	// Next to nothing is worth a larger step, since a quota may be a few requests a minute.
	longer, wanted := 2*l.length, successes
	if below(32) {
		longer = 4 * l.length
	}
	if l.ceiling > 0 && longer >= l.ceiling {
		// In the steps of halving, the next one below the ceiling first.
		if longer = 2 * l.length; longer >= l.ceiling {
			longer, wanted = l.ceiling, l.patience
		}
	}
	if l.streak >= wanted && l.length < longestSlice {
		l.length, l.streak = min(longer, longestSlice), 0
	}
}
