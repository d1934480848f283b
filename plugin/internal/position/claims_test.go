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
	first := all.Claim("a", "cache", "key")
	require.NotNil(t, first)
	require.Nil(t, all.Claim("b", "cache", "key"), "somebody else's")
	require.NotNil(t, all.Claim("b", "cache", "another key"))
	require.NotNil(t, all.Claim("b", "another cache", "key"))
	require.NoError(t, first.Acquire(t.Context()))
	first.Release()
	first.Release()
	second := all.Claim("b", "cache", "key")
	require.NotNil(t, second)
	first.Release()
	require.Nil(t, all.Claim("a", "cache", "key"), "a claim that was let go lets no other one go")
	second.Release()
	require.ErrorIs(t, first.Acquire(t.Context()), errReleased, "a claim is let go for good")
	require.NotNil(t, all.Claim("a", "cache", "key"))
}

// What nobody holds any more is let go, though nobody released it.
func TestClaimsOfTheDropped(t *testing.T) {
	all := NewClaims()
	require.NotNil(t, all.Claim("a", "cache", "key"))
	require.NotNil(t, all.Claim("b", "cache", "key"))
}

// Nor does its owner's successor wait for it any longer than until it is looked for.
func TestClaimsOfADroppedPredecessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewClaims()
		require.NotNil(t, all.Claim("a", "cache", "key"))
		second := all.Claim("a", "cache", "key")
		begun := time.Now()
		require.NoError(t, second.Acquire(t.Context()))
		require.LessOrEqual(t, time.Since(begun), garbageInterval)
		second.Release()
	})
}

// Who takes an owner's place waits until that one is done.
func TestClaimsOfASuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewClaims()
		first := all.Claim("a", "cache", "key")
		second := all.Claim("a", "cache", "key")
		require.NotNil(t, second)
		hurried, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, second.Acquire(hurried), context.DeadlineExceeded)
		time.AfterFunc(time.Millisecond, first.Release)
		begun := time.Now()
		require.NoError(t, second.Acquire(t.Context()))
		require.Equal(t, time.Millisecond, time.Since(begun))
		second.Release()
	})
}
