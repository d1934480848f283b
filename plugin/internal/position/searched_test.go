package position

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSearched(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := NewSearched()
	s.Found("old")
	s.Reached(at)
	s.Found("new")
	s.Found("")
	s.Reached(at.Add(searchedSpan + time.Minute))
	require.False(t, s.Has("old"), "far before the end")
	require.True(t, s.Has("new"))
	require.False(t, s.Has(""), "nothing to recognise it by")
	s.Passed(at.Add(2 * searchedSpan))
	require.True(t, s.Has("new"))
	s.Passed(at.Add(3 * searchedSpan))
	require.False(t, s.Has("new"))
}

// What was found is remembered up to searchedSpan before the end, and no more than the
// limit of it but for what was found last.
func TestSearchedRemembers(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := NewSearched()
	s.Found("first")
	s.Reached(at)
	s.Found("second")
	s.Reached(at.Add(searchedSpan))
	require.True(t, s.Has("first"), "as far before the end as is remembered")
	s.Passed(at.Add(2 * searchedSpan))
	require.True(t, s.Has("second"), "likewise, behind it")
	s.limit = 100
	for i := range s.limit + 1 {
		s.Found(strconv.Itoa(i))
	}
	s.Reached(at.Add(searchedSpan))
	require.False(t, s.Has("first"))
	require.False(t, s.Has("second"))
	require.True(t, s.Has("0"))
	s.Found("last")
	s.Reached(at.Add(searchedSpan))
	require.False(t, s.Has("0"))
	require.True(t, s.Has("last"))
}

func TestReplaysByID(t *testing.T) {
	r := NewReplays(1)
	r.Look("de_1", []byte("a"))
	repeat, _ := r.LookByID("de_1", []byte("b"))
	require.True(t, repeat, "the bytes of a search may differ")
	repeat, isNew := r.LookByID("de_2", []byte("b"))
	require.False(t, repeat)
	require.True(t, isNew)
	for i := range leastRemembered {
		r.Look("x", []byte{byte(i), byte(i >> 8)})
	}
	repeat, _ = r.LookByID("de_2", []byte("b"))
	require.False(t, repeat, "it was forgotten")
	require.Len(t, r.ids, 2)
}
