package chronicle

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSliceLength(t *testing.T) {
	var l sliceLength
	require.Equal(t, firstSlice, l.next())
	l.took(holdCount/4, 0, firstSlice)
	require.Equal(t, firstSlice, l.next(), "it had enough")
	l.took(0, holdBytes/8, firstSlice)
	require.Equal(t, 2*firstSlice, l.next(), "it had little")
	l.took(holdCount/40, 0, 2*firstSlice)
	require.Equal(t, 8*firstSlice, l.next(), "it had next to nothing")
	l.took(0, 0, time.Minute)
	require.Equal(t, 8*firstSlice, l.next(), "it was cut short by the end of the search")
	for range 10 {
		l.took(0, 0, l.next())
	}
	require.Equal(t, longestSlice, l.next())

	l.shorten()
	require.Equal(t, longestSlice/2, l.next())
	l.shortenTo(longestSlice)
	require.Equal(t, longestSlice/4, l.next(), "no longer than half")
	l.shortenTo(time.Second)
	require.Equal(t, time.Second, l.next())
	l.shortenTo(0)
	require.Equal(t, shortestSlice, l.next())
	l.shorten()
	require.Equal(t, shortestSlice, l.next())
}
