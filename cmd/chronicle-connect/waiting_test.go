package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what has to happen. It is long, so that
// only what never happens exceeds it, however busy the machine is.
const patience = time.Minute

// waitFor waits until a condition is met.
func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	waitWithin(t, patience, what, met)
}

// waitWithin is for what may well take longer.
func waitWithin(t *testing.T, limit time.Duration, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !met(); time.Sleep(5 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "waited %s in vain for %s", limit, what)
	}
}
