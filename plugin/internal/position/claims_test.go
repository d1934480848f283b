package position

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClaims(t *testing.T) {
	all := NewClaims()
	claim := func(owner, cache, key string) *Claim {
		t.Helper()
		claim, err := all.Claim(owner, cache, key)
		require.NoError(t, err)
		require.NotNil(t, claim)
		return claim
	}
	first := claim("a", "cache", "key")
	_, err := all.Claim("b", "cache", "key")
	require.ErrorIs(t, err, ErrTaken)
	claim("b", "cache", "another key")
	claim("b", "another cache", "key")
	require.NoError(t, first.Acquire(t.Context()))
	_, err = all.Claim("b", "cache", "key")
	require.ErrorIs(t, err, ErrTaken)
	first.Release()
	first.Release()
	second := claim("b", "cache", "key")
	first.Release()
	_, err = all.Claim("a", "cache", "key")
	require.ErrorIs(t, err, ErrTaken, "a claim that was released releases no other one")
	second.Release()
	require.ErrorIs(t, first.Acquire(t.Context()), ErrReleased, "a claim is released for good")
	claim("a", "cache", "key")
}

// A claim that nobody holds any more does not count, though nobody released it.
func TestClaimsOfTheDropped(t *testing.T) {
	all := NewClaims()
	for _, owner := range []string{"a", "b", "b"} {
		_, err := all.Claim(owner, "cache", "key")
		require.NoError(t, err)
	}
}

// One owner cannot claim twice what it has not acquired: those are copies, of which
// none takes the place of the other.
func TestClaimsOfCopies(t *testing.T) {
	all := NewClaims()
	first, err := all.Claim("a", "cache", "key")
	require.NoError(t, err)
	_, err = all.Claim("a", "cache", "key")
	require.ErrorIs(t, err, ErrCopied)
	require.NoError(t, first.Acquire(t.Context()))
	second, err := all.Claim("a", "cache", "key")
	require.NoError(t, err)
	_, err = all.Claim("a", "cache", "key")
	require.ErrorIs(t, err, ErrCopied, "of the one that waits")
	second.Release()
	_, err = all.Claim("a", "cache", "key")
	require.NoError(t, err)
	first.Release()
}

// Each claim that takes an owner's place waits until those before it are released.
func TestClaimsOfASuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewClaims()
		claim := func() *Claim {
			claim, err := all.Claim("a", "cache", "key")
			require.NoError(t, err)
			return claim
		}
		first := claim()
		require.NoError(t, first.Acquire(t.Context()))
		second := claim()
		hurried, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, second.Acquire(hurried), context.DeadlineExceeded)
		third := claim()
		begun := time.Now()
		time.AfterFunc(time.Second, first.Release)
		time.AfterFunc(3*time.Second, second.Release)
		go func() { _ = third.Acquire(t.Context()) }()
		require.NoError(t, second.Acquire(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.NoError(t, third.Acquire(t.Context()))
		require.Equal(t, 3*time.Second, time.Since(begun))
		third.Release()
		require.Empty(t, all.queues)
	})
}
