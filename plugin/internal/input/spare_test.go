package input_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The first write of all may have broken off between its two halves, and caches
// evict: the copy counts wherever the position is missing.
func TestSpareWithoutItsPosition(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		sent, _ := r.History(10, 3, 1000)
		at := rig.RFC3339(time.Now().Add(-65 * time.Minute))
		r.StoreSpare(`{"continuation_time":"` + at + `"}`)
		p := r.Start(nil)
		require.Equal(t, sent[len(sent)-4*3:], p.DeliverAll(4*3))
		request := r.Server.Requests()[0]
		require.Equal(t, at, request.ContinuationTime+request.PageStartTime)
		require.Contains(t, p.Logs.String(), "The stored position was missing or not whole")
		rig.Pass(time.Second)
		require.NotEmpty(t, r.Stored(), "and the position is there again")
	})
}
