package chronicle

import "time"

const (
	// firstSlice is how long the first one is.
	firstSlice = time.Hour
	// longestSlice bounds what is read again when one breaks.
	longestSlice = 7 * 24 * time.Hour
	// shortestSlice is not made any shorter: what was created within so little is
	// handed on as it comes, in pages.
	shortestSlice = time.Millisecond

	// holdCount and holdBytes are the most of a slice that is held, of which there may be
	// two besides what is in flight: with more, the process would exceed its 150 MB. A
	// slice that has more is asked again, shorter.
	holdCount = 10_000
	holdBytes = 6 << 20
)

// A sliceLength is how long slices are at present. It is a plain calculation.
type sliceLength struct{ length time.Duration }

func (l *sliceLength) next() time.Duration {
	if l.length == 0 {
		l.length = firstSlice
	}
	return l.length
}

func (l *sliceLength) shorten() { l.shortenTo(l.next()) }

// shortenTo makes slices as long as that, or half as long where that is less.
func (l *sliceLength) shortenTo(length time.Duration) {
	l.length = max(min(length, l.next()/2), shortestSlice)
}

// took notes what came of a slice: where that was little, the next one is longer, and
// much longer where it was next to nothing, since a search may take only a few requests a
// minute. A slice that was cut short by the end of the search tells nothing.
func (l *sliceLength) took(count, bytes int, length time.Duration) {
	below := func(share int) bool { return count < holdCount/share && bytes < holdBytes/share }
	switch {
	case length != l.length:
	case below(32):
		l.length = min(4*l.length, longestSlice)
	case below(4):
		l.length = min(2*l.length, longestSlice)
	}
}
