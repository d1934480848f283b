//go:build !minimal

package pipelines

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestRouteAnswers has posts of route.yaml answered in all ways that are no yes: each is
// tried again until it is taken, or a dead letter. Nothing is neither.
func TestRouteAnswers(t *testing.T) {
	t.Parallel()
	answers := noes(servers.Answer{Status: 200, Body: `{"ok":true}`}, servers.Answer{Status: 400, Body: "<html>Bad request</html>"})
	for i, after := range []string{"1h", "1ms"} {
		t.Run("dead after "+after, func(t *testing.T) {
			r := newRoutes(t)
			room := servers.StartAnswering(t, func(string) servers.Answer { return chatYes("route.yaml") }, answers...)
			server := chronicletest.NewServer()
			t.Cleanup(server.Close)
			d := programtest.DeployFile(t, server, "route.yaml", r.settings("SLACK_WEBHOOK_URL="+room.URL, "DEAD_LETTER_AFTER="+after)...)
			d.Args = append(append(d.Args, quickly...), withoutWaits("output.broker.outputs.0.drop_on.output.retry")...)
			process := d.Start()
			for n := range len(answers) + 1 {
				last := server.Append(json.RawMessage(fmt.Sprintf(`{"id":"de_%d"}`, n)))
				waiting.For(t, "the post to be done with", func() bool { return d.Stored().Equal(last) })
			}
			process.Stop()
			require.GreaterOrEqual(t, len(room.Bodies()), len(answers)+1)
			files, err := filepath.Glob(filepath.Join(d.StateDir, "dead_letters", "slack.jsonl"))
			require.NoError(t, err)
			letters, taken := len(deadLetters(t, files)), len(room.Bodies())-len(answers)
			require.Equal(t, len(answers)+1, letters+taken, "each post was taken, or is a dead letter")
			if i == 0 {
				require.Zero(t, letters)
			} else {
				require.Positive(t, letters)
			}
		})
	}
}
