package position

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// fresh are those of some detections that the filter lets through. Their first
// letter is their id.
func (f *Replays) fresh(detections ...string) (fresh []string) {
	for _, d := range detections {
		if f.IsNew(d[:1], []byte(d)) {
			fresh = append(fresh, d)
		}
	}
	return fresh
}

func TestReplays(t *testing.T) {
	f := NewReplays(3)
	require.Equal(t, []string{"a1", "b1"}, f.fresh("a1", "b1"))
	require.Equal(t, []string{"c1"}, f.fresh("a1", "b1", "c1"))
	require.Equal(t, []string{"a2"}, f.fresh("a2", "c1"), "what changed under the same id is news")
	require.Equal(t, []string{"a1"}, f.fresh("a1", "a2"), "the oldest of four is forgotten")
	require.Len(t, f.seen, 3)
}

func TestReplaysKeepsWhatHasNoID(t *testing.T) {
	f := NewReplays(3)
	require.True(t, f.IsNew("", []byte("{}")))
	require.True(t, f.IsNew("", []byte("{}")))
}

func TestReplaysOff(t *testing.T) {
	f := NewReplays(0)
	require.True(t, f.IsNew("a", []byte("a1")))
	require.True(t, f.IsNew("a", []byte("a1")))
}

// A whole batch of the largest size that is sent again is recognised.
func TestReplaysWindow(t *testing.T) {
	f := NewReplays(10000)
	for _, again := range []bool{false, true} {
		for i := range 10000 {
			id := fmt.Sprint(i)
			require.Equal(t, !again, f.IsNew(id, []byte("detection "+id)))
		}
	}
}
