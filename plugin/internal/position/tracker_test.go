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
	release, err := tr.Track(t.Context(), p, messages, 0)
	require.NoError(t, err)
	return release
}

func TestTrackerHoldsBackWhatIsBehindUnacknowledged(t *testing.T) {
	tr := NewTracker(100, 0)
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
	tr := NewTracker(100, 0)
	tr.Begin(nth(1))
	part1, part2, last := mustTrack(t, tr, nth(1), 5), mustTrack(t, tr, nth(1), 5), mustTrack(t, tr, nth(2), 5)
	last()
	part2()
	require.Equal(t, nth(1), tr.Safe(), "one part is missing")
	part1()
	require.Equal(t, nth(2), tr.Safe())
}

func TestTrackerElementsWithoutMessagesTakeTheirTurn(t *testing.T) {
	tr := NewTracker(1, 0)
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
		tr := NewTracker(10, 0)
		release := mustTrack(t, tr, nth(1), 8)
		tracked := make(chan error)
		go func() {
			_, err := tr.Track(t.Context(), nth(2), 3, 0)
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
		_, err := tr.Track(ctx, nth(3), 10, 0)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// A batch within both limits is tracked at once, any other waits; one that is larger
// than a limit is let through alone.
func TestTrackerLimits(t *testing.T) {
	type batch struct{ messages, bytes int }
	for _, test := range []struct {
		name             string
		limit, maxBytes  int
		inFlight         []batch
		acked            int // the first ones of those
		next             batch
		wantWaitsForAcks bool
	}{
		{"nothing in flight", 10, 100, nil, 0, batch{10, 100}, false},
		{"up to both limits", 10, 100, []batch{{4, 40}, {4, 40}}, 0, batch{2, 20}, false},
		{"one message too many", 10, 100, []batch{{8, 8}}, 0, batch{3, 3}, true},
		{"one byte too many", 10, 100, []batch{{1, 60}, {1, 20}}, 0, batch{1, 21}, true},
		{"bytes that are acknowledged", 10, 100, []batch{{1, 60}, {1, 20}}, 1, batch{1, 80}, false},
		{"bytes without a limit", 10, 0, []batch{{1, 1 << 30}}, 0, batch{1, 1 << 30}, false},
		{"larger than the limit of messages, alone", 10, 100, []batch{{5, 5}}, 1, batch{1000, 5}, false},
		{"larger than the limit of messages, not alone", 10, 100, []batch{{1, 1}}, 0, batch{1000, 5}, true},
		{"larger than the limit of bytes, alone", 10, 100, []batch{{5, 5}}, 1, batch{1, 1000}, false},
		{"larger than the limit of bytes, not alone", 10, 100, []batch{{1, 1}}, 0, batch{1, 1000}, true},
		{"behind what is larger than the limit", 10, 100, []batch{{1, 1000}}, 0, batch{1, 1}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := NewTracker(test.limit, test.maxBytes)
				var releases []func()
				for i, b := range test.inFlight {
					release, err := tr.Track(t.Context(), nth(i+1), b.messages, b.bytes)
					require.NoError(t, err)
					releases = append(releases, release)
				}
				for _, release := range releases[:test.acked] {
					release()
				}
				tracked := make(chan error, 1)
				go func() {
					_, err := tr.Track(t.Context(), nth(9), test.next.messages, test.next.bytes)
					tracked <- err
				}()
				synctest.Wait()
				require.Equal(t, test.wantWaitsForAcks, len(tracked) == 0)
				for _, release := range releases {
					release()
				}
				require.NoError(t, <-tracked)
			})
		})
	}
}

// Acknowledgements race with each other; the position never goes back, and in
// the end it is the last.
func TestTrackerConcurrentReleases(t *testing.T) {
	const batches = 59
	for range 50 {
		tr := NewTracker(1000, 0)
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
