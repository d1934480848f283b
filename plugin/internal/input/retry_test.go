package input

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBackoffDelay(t *testing.T) {
	standard := backoff{initial: 2 * time.Second, max: 128 * time.Second}
	for _, test := range []struct {
		name     string
		backoff  backoff
		failures int
		jitter   float64
		want     time.Duration
	}{
		{"first", standard, 1, 0, 2 * time.Second},
		{"second", standard, 2, 0, 4 * time.Second},
		{"third", standard, 3, 0, 8 * time.Second},
		{"seventh", standard, 7, 0, 128 * time.Second},
		{"beyond the longest", standard, 8, 0, 128 * time.Second},
		{"far beyond", standard, 1000, 0, 128 * time.Second},
		{"longest is no power", backoff{2 * time.Second, 5 * time.Second}, 3, 0, 5 * time.Second},
		{"equal intervals", backoff{time.Second, time.Second}, 4, 0, time.Second},
		{"half of the jitter", standard, 2, 0.5, 4500 * time.Millisecond},
		{"jitter at the longest", standard, 9, 0.5, 144 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, test.backoff.delay(test.failures, test.jitter))
		})
	}
}

func TestRetriesGiveUp(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	r := retries{backoff: backoff{2 * time.Second, 128 * time.Second}, maxFailures: 7}
	for i, seconds := range []int{2, 4, 8, 16, 32, 64, 128} {
		require.False(t, r.failed(now, 0, 0), "failure %d", i+1)
		require.Equal(t, time.Duration(seconds)*time.Second, r.wait(now))
	}
	require.True(t, r.failed(now, 0, 0), "one more than the most")

	r.maxFailures = 0
	for range 100 {
		require.False(t, r.failed(now, 0, 0))
	}
}

func TestRetriesAfterSuccess(t *testing.T) {
	opened := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	r := retries{backoff: backoff{2 * time.Second, 128 * time.Second}, maxFailures: 1}
	require.False(t, r.failed(opened, 0, 0))
	r.succeeded(opened, opened, 0)
	require.Equal(t, time.Second, r.wait(opened), "never more than one a second")
	require.Zero(t, r.wait(opened.Add(time.Minute)), "at once after a long connection")
	require.False(t, r.failed(opened, 0, 0), "the count began anew")
	ended := opened.Add(time.Hour)
	r.succeeded(opened, ended, 30*time.Second)
	require.Equal(t, 30*time.Second, r.wait(ended), "but as late as the server asked")
}

// What is refused and asked otherwise at once counts, or it would go on for ever.
func TestRetriesCountRefusals(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	r := retries{backoff: backoff{2 * time.Second, 128 * time.Second}, maxFailures: 3}
	require.False(t, r.refused())
	require.Zero(t, r.wait(now))
	require.False(t, r.failed(now, 0, 0))
	require.Equal(t, 4*time.Second, r.wait(now))
	require.False(t, r.refused())
	require.True(t, r.refused())
}

func TestRetriesHonourRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	r := retries{backoff: backoff{2 * time.Second, 128 * time.Second}, maxFailures: 7}
	r.failed(now, 30*time.Second, 0)
	require.Equal(t, 30*time.Second, r.wait(now))
	r.failed(now, time.Second, 0)
	require.Equal(t, 4*time.Second, r.wait(now), "a shorter one does not win")
}
