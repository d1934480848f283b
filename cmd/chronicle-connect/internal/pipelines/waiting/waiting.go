package waiting

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Patience is how long a test waits for what has to happen. It is long, so that
// only what never happens exceeds it, however busy the machine is.
const Patience = time.Minute

// For waits until a condition is met, and fails the test where that takes longer
// than Patience.
func For(t *testing.T, what string, met func() bool) {
	t.Helper()
	Within(t, Patience, what, met)
}

// Within waits as For does, for what may well take longer.
func Within(t *testing.T, limit time.Duration, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !met(); time.Sleep(5 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "waited %s in vain for %s", limit, what)
	}
}
