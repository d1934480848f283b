package chronicle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lengthStep is what happens to a sliceLength, and the length that follows.
type lengthStep struct {
	does func(*sliceLength)
	want time.Duration
}

func worked(count int) func(*sliceLength) {
	return func(l *sliceLength) { l.worked(count, 0, l.next()) }
}

func tooLong(l *sliceLength) { l.tooLong(l.next()) }

func TestSliceLength(t *testing.T) {
	const full, little, nothing = holdCount / 4, holdCount / 8, 0
	for name, steps := range map[string][]lengthStep{
		"it grows after several slices that held little": {
			{worked(little), time.Hour},
			{worked(little), time.Hour},
			{worked(little), 2 * time.Hour},
		},
		"much faster where they held next to nothing": {
			{worked(nothing), time.Hour},
			{worked(nothing), time.Hour},
			{worked(nothing), 4 * time.Hour},
		},
		"bytes count as well": {
			{func(l *sliceLength) { l.worked(0, holdBytes/4, time.Hour) }, time.Hour},
			{func(l *sliceLength) { l.worked(0, holdBytes/8, time.Hour) }, time.Hour},
			{func(l *sliceLength) { l.worked(0, holdBytes/8, time.Hour) }, time.Hour},
			{func(l *sliceLength) { l.worked(0, holdBytes/8, time.Hour) }, 2 * time.Hour},
		},
		"one that held enough begins the count anew": {
			{worked(nothing), time.Hour},
			{worked(nothing), time.Hour},
			{worked(full), time.Hour},
			{worked(nothing), time.Hour},
			{worked(nothing), time.Hour},
			{worked(nothing), 4 * time.Hour},
		},
		"one that was cut short does not count": {
			{func(l *sliceLength) { l.worked(0, 0, time.Minute) }, time.Hour},
			{func(l *sliceLength) { l.worked(0, 0, time.Minute) }, time.Hour},
			{func(l *sliceLength) { l.worked(0, 0, time.Minute) }, time.Hour},
		},
		"what was too long is halved": {
			{tooLong, 30 * time.Minute},
			{tooLong, 15 * time.Minute},
			{func(l *sliceLength) { l.shortenTo(0) }, shortestSlice},
			{tooLong, shortestSlice},
		},
		"the longest": {
			{func(l *sliceLength) { l.length = longestSlice / 2 }, longestSlice / 2},
			{worked(nothing), longestSlice / 2},
			{worked(nothing), longestSlice / 2},
			{worked(nothing), longestSlice},
			{worked(nothing), longestSlice},
			{worked(nothing), longestSlice},
			{worked(nothing), longestSlice},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var l sliceLength
			require.Equal(t, firstSlice, l.next())
			for i, step := range steps {
				step.does(&l)
				require.Equal(t, step.want, l.next(), "step %d", i)
			}
		})
	}
}

// Of a server that manages ten minutes hardly a request in twenty is wasted, and fewer the
// longer it goes on.
func TestSliceLengthBelowALimit(t *testing.T) {
	for _, limit := range []time.Duration{10 * time.Minute, time.Minute, 45 * time.Second} {
		var l sliceLength
		read, wasted, after := 0, 0, 0
		for at := time.Duration(0); read < 400; {
			if l.next() > limit {
				if wasted++; read > 200 {
					after++
				}
				l.tooLong(l.next())
				continue
			}
			at += l.next()
			l.worked(0, 0, l.next())
			read++
		}
		require.LessOrEqual(t, wasted, 20, "%s", limit)
		require.LessOrEqual(t, after, 2, "%s", limit)
		require.Greater(t, 2*l.next(), limit/2, "a length that works is kept")
	}
}

// A server that managed no more than that for a while, and then does, gets longer slices.
func TestSliceLengthAfterALimit(t *testing.T) {
	l := sliceLength{length: 24 * time.Hour}
	for l.next() > time.Minute {
		tooLong(&l)
	}
	require.False(t, l.isProven(l.next()))
	requests := 0
	for ; l.next() < 24*time.Hour; requests++ {
		l.worked(0, 0, l.next())
	}
	require.Less(t, requests, 60)
	require.True(t, l.isProven(time.Hour))
	l.tooLong(time.Hour)
	require.False(t, l.isProven(time.Hour), "it failed since")
}

// A slice with a burst is read in three: what lies before it, slices of which the burst
// has two, and what lies behind it. Where there is more of the kind before it, all slices
// are as short.
func TestSliceLengthAtADensePart(t *testing.T) {
	at := func(minutes int) time.Time {
		return time.Date(2026, 3, 1, 0, minutes, 0, 0, time.UTC)
	}
	ends := func(l sliceLength, want map[int]int) {
		t.Helper()
		for from, to := range want {
			same := l
			require.Equal(t, at(to), same.end(at(from)), "from minute %d", from)
		}
	}
	var l sliceLength
	l.tooMuch(at(0), at(60), densePart{from: at(40), to: at(44)})
	ends(l, map[int]int{0: 40, 10: 40, 40: 42, 42: 44, 43: 44, 44: 104})

	l.tooMuch(at(0), at(40), densePart{from: at(10), to: at(20)})
	ends(l, map[int]int{0: 5, 6: 10, 10: 15, 15: 20, 16: 20, 20: 25, 40: 42, 42: 44, 44: 49})

	l = sliceLength{}
	l.tooMuch(at(0), at(60), densePart{from: at(30), to: at(60)})
	ends(l, map[int]int{0: 15, 15: 30, 30: 45, 45: 60, 60: 75})

	for _, unknown := range []densePart{{}, {from: at(-1), to: at(5)}, {from: at(5), to: at(5)}, {from: at(5), to: at(61)}} {
		l = sliceLength{}
		l.tooMuch(at(0), at(60), unknown)
		require.Equal(t, at(30), l.end(at(0)))
		l.tooMuch(at(0), at(30), unknown)
		require.Equal(t, at(15), l.end(at(0)))
	}
	for range 1000 {
		l.tooMuch(at(0), at(0).Add(2*shortestSlice), densePart{})
	}
	require.Equal(t, at(0).Add(shortestSlice), l.end(at(0)))
	require.LessOrEqual(t, len(l.dense), mostDense)
}
