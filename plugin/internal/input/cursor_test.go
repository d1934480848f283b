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
			c.heard(answer.Clock{Known: true, Date: server, Ahead: -time.Hour}, elapsed, false)
			require.Equal(t, position.At(server.Add(-test.want)), c.At())
			c.heard(answer.Clock{Known: true, Date: server.Add(-24 * time.Hour)}, elapsed, false)
			require.Equal(t, position.At(server.Add(-test.want)), c.At(), "taken once")
		})
	}
}

// A stored position in the server's future was made by a clock that was ahead, which
// ours may still be.
func TestStoredPositionByTheServersClock(t *testing.T) {
	server := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name         string
		stored, want time.Duration // after the server's date
		ahead        time.Duration
	}{
		{"in the past", -time.Minute, -time.Minute, time.Hour},
		{"hardly in the future", answer.ClockTolerance, answer.ClockTolerance, time.Hour},
		{"our clock is ahead", 50 * time.Minute, -10 * time.Minute, time.Hour},
		{"it was further ahead", 90 * time.Minute, 0, time.Hour},
		{"it is right now", 50 * time.Minute, 0, 0},
		{"it is behind now", 50 * time.Minute, 0, -time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c cursor
			c.Begin(position.At(server.Add(test.stored)))
			require.False(t, c.heard(answer.Clock{}, 0, true), "of a server that does not tell")
			moved := c.heard(answer.Clock{Known: true, Date: server, Ahead: test.ahead}, 0, false)
			require.Equal(t, test.stored != test.want, moved)
			require.Equal(t, position.At(server.Add(test.want)), c.At())
		})
	}
}

// Later positions are the server's own. One that it refuses for being too new moves to
// its now; a page token has no time.
func TestPositionOfTheServerInItsFuture(t *testing.T) {
	server := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	clock := answer.Clock{Known: true, Date: server, Ahead: time.Hour}
	var c cursor
	c.Begin(position.At(server.Add(-time.Minute)))
	require.False(t, c.heard(clock, 0, false))
	c.Begin(position.At(server.Add(time.Minute)))
	require.False(t, c.heard(clock, 0, false))
	require.True(t, c.heard(clock, 0, true))
	require.Equal(t, position.At(server), c.At())
	c.Begin(position.Position{PageToken: "t", PageStartTime: "2026-03-10T12:30:00Z"})
	require.False(t, c.heard(clock, 0, true))
}
