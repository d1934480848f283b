package demo

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	// What slack.yaml uses; every build of the binary has it.
	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
)

func TestDemo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	var screen bytes.Buffer
	require.NoError(t, run(ctx, &screen))
	shown := screen.String()
	require.Contains(t, shown, "» 126 detections sent, 126 delivered to Slack in 4 posts.")
	require.Contains(t, shown, "input: Heartbeat")
	require.Contains(t, shown, "the second connection asked for what came after the page token of the last whole batch.")
	require.Contains(t, shown, "input: The stream ended after 0s: reading the stream: unexpected EOF; it is opened again from ")
	require.Contains(t, shown, "containing 2 detections.")
	require.Contains(t, shown, "Omitting detections because more than 100 total detections were received.")
	require.Equal(t, 2, strings.Count(shown, "input: The stream is open, from "))
}

// A demo in which something is missing says so and fails.
func TestDemoNoticesLoss(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	screen := &screen{out: &bytes.Buffer{}}
	slack := &slackStandIn{screen: screen, changed: make(chan struct{})}
	slack.take("Got stream response with continuationTime T, containing 2 detections.\n1) x\n\tTime Window: a to b")
	require.Equal(t, 2, slack.delivered())
	short, done := context.WithCancel(ctx)
	done()
	require.ErrorIs(t, slack.waitFor(short, 2), context.Canceled, "one of two was listed")
	slack.take("2) y\n\tTime Window: a to b")
	require.NoError(t, slack.waitFor(ctx, 2))
	require.ErrorIs(t, slack.waitFor(short, 3), context.Canceled)
}
