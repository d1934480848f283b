package position

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func nth(n int) Position {
	return Position{ContinuationTime: fmt.Sprintf("2026-03-01T00:00:%02dZ", n)}
}

func mustTrack(t *testing.T, tr *Tracker, p Position, messages int) (release func()) {
	t.Helper()
	release, err := tr.Track(t.Context(), p, messages)
	require.NoError(t, err)
	return release
}

func TestTrackerHoldsBackWhatIsBehindUnacknowledged(t *testing.T) {
	tr := NewTracker(100)
	first, second := mustTrack(t, tr, nth(1), 2), mustTrack(t, tr, nth(2), 3)
	third := mustTrack(t, tr, nth(3), 1)
	second()
	require.True(t, tr.Safe().IsZero(), "batch 2 acknowledged before batch 1")
	first()
	require.Equal(t, nth(2), tr.Safe())
	first()
	require.Equal(t, nth(2), tr.Safe(), "a second acknowledgement changes nothing")
	third()
	require.Equal(t, nth(3), tr.Safe())
}

// The parts of a large detection batch share the position before it.
func TestTrackerPartsOfABatch(t *testing.T) {
	tr := NewTracker(100)
	tr.Begin(nth(1))
	part1, part2, last := mustTrack(t, tr, nth(1), 5), mustTrack(t, tr, nth(1), 5), mustTrack(t, tr, nth(2), 5)
	last()
	part2()
	require.Equal(t, nth(1), tr.Safe(), "one part is missing")
	part1()
	require.Equal(t, nth(2), tr.Safe())
}

func TestTrackerElementsWithoutMessagesTakeTheirTurn(t *testing.T) {
	tr := NewTracker(1)
	release := mustTrack(t, tr, nth(1), 1)
	tr.Pass(nth(2))
	require.True(t, tr.Safe().IsZero())
	release()
	require.Equal(t, nth(2), tr.Safe())
	tr.Pass(nth(3))
	require.Equal(t, nth(3), tr.Safe())
}

func TestTrackerWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := NewTracker(10)
		release := mustTrack(t, tr, nth(1), 8)
		tracked := make(chan error)
		go func() {
			_, err := tr.Track(t.Context(), nth(2), 3)
			tracked <- err
		}()
		synctest.Wait()
		select {
		case err := <-tracked:
			t.Fatalf("11 messages in flight (%v), want at most 10", err)
		default:
		}
		release()
		require.NoError(t, <-tracked)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := tr.Track(ctx, nth(3), 10)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestTrackerLetsAnOversizeBatchThroughAlone(t *testing.T) {
	tr := NewTracker(10)
	release := mustTrack(t, tr, nth(1), 1000)
	release()
	require.Equal(t, nth(1), tr.Safe())
}

// Acknowledgements race with each other; the position never goes back, and in
// the end it is the last.
func TestTrackerConcurrentReleases(t *testing.T) {
	const batches = 59
	for range 50 {
		tr := NewTracker(1000)
		releases := make([]func(), batches)
		for i := range releases {
			releases[i] = mustTrack(t, tr, nth(i+1), 1)
		}
		rand.Shuffle(batches, func(i, j int) { releases[i], releases[j] = releases[j], releases[i] })
		var acks sync.WaitGroup
		for _, release := range releases {
			acks.Go(func() {
				before := tr.Safe()
				release()
				if after := tr.Safe(); after.Time().Before(before.Time()) {
					t.Errorf("the position went from %s back to %s", before, after)
				}
			})
		}
		acks.Wait()
		require.Equal(t, nth(batches), tr.Safe())
	}
}
