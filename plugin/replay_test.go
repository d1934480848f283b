package plugin

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

func detections(raw ...string) (ds []stream.Detection) {
	for _, r := range raw {
		ds = append(ds, stream.Detection{ID: r[:1], Raw: []byte(r)})
	}
	return ds
}

func TestReplayFilter(t *testing.T) {
	f := newReplayFilter(3)
	require.Len(t, f.fresh(detections("a1", "b1")), 2)
	require.Equal(t, detections("c1"), f.fresh(detections("a1", "b1", "c1")))
	require.Equal(t, detections("a2"), f.fresh(detections("a2", "c1")), "what changed under the same id is news")
	require.Equal(t, detections("a1"), f.fresh(detections("a1", "a2")), "the oldest of four is forgotten")
	require.Len(t, f.seen, 3)
}

func TestReplayFilterKeepsWhatHasNoID(t *testing.T) {
	f := newReplayFilter(3)
	anonymous := []stream.Detection{{Raw: []byte("{}")}, {Raw: []byte("{}")}}
	require.Len(t, f.fresh(anonymous), 2)
}

func TestReplayFilterOff(t *testing.T) {
	f := newReplayFilter(0)
	require.Len(t, f.fresh(detections("a1")), 1)
	require.Len(t, f.fresh(detections("a1")), 1)
}

// A whole batch of the largest size that is sent again is recognised.
func TestReplayFilterWindow(t *testing.T) {
	f := newReplayFilter(10000)
	batch := func() (ds []stream.Detection) {
		for i := range 10000 {
			ds = append(ds, stream.Detection{ID: fmt.Sprint(i), Raw: fmt.Appendf(nil, "%d", i)})
		}
		return ds
	}
	require.Len(t, f.fresh(batch()), 10000)
	require.Empty(t, f.fresh(batch()))
}
