package input

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A start that is now is one by the server's clock: its date with the first answer,
// less the time since then, which no setting of our clock changes.
func TestStartByTheServersClock(t *testing.T) {
	const elapsed = 5 * time.Second
	server := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		ours time.Duration // our clock ahead of the server's when the input was created
		want time.Duration // where reading begins, before the server's date
	}{
		{"right", 0, elapsed + answer.ClockTolerance},
		{"an hour ahead, and set back before the answer", time.Hour, elapsed + answer.ClockTolerance},
		{"hardly ahead", time.Second, elapsed + answer.ClockTolerance - time.Second},
		{"ahead by the tolerance", answer.ClockTolerance, elapsed},
		{"behind, which loses nothing", -time.Hour, elapsed + answer.ClockTolerance + time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			created := server.Add(test.ours - elapsed)
			var c cursor
			c.begin(settings.Start{Now: true}, created, created)
			// What our clock shows with the answer is of no account.
			c.heard(answer.Clock{Known: true, Date: server, Ahead: -time.Hour}, elapsed)
			require.Equal(t, position.At(server.Add(-test.want)), c.At())
			c.heard(answer.Clock{Known: true, Date: server.Add(-24 * time.Hour)}, elapsed)
			require.Equal(t, position.At(server.Add(-test.want)), c.At(), "taken once")
		})
	}
}

// A clock that is heard of only with a later connection does not move reading back to
// the start.
func TestStartIsNotCorrectedOnceReading(t *testing.T) {
	created := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	var c cursor
	c.begin(settings.Start{Now: true}, created, created)
	c.heard(answer.Clock{}, time.Second) // no Date in the answer
	c.fresh = false
	read := position.At(created.Add(time.Minute))
	c.Begin(read)
	c.heard(answer.Clock{Known: true, Date: created.Add(-time.Hour)}, 2*time.Minute)
	require.Equal(t, read, c.At())
}
