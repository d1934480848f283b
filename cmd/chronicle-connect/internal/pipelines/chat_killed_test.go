//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/chatlimits"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// quickly lets a pipeline post as fast as it can.
var quickly = []string{"--set", "rate_limit_resources.0.local.interval=1ms"}

// chats are the pipelines that post to a webhook.
var chats = []struct {
	config, variable string
	check            func(post []byte) error
}{
	{"slack-blocks.yaml", "SLACK_WEBHOOK_URL", chatlimits.Slack},
	{"google-chat.yaml", "GOOGLE_CHAT_WEBHOOK_URL", chatlimits.GoogleChat},
	{"teams.yaml", "TEAMS_WEBHOOK_URL", chatlimits.Teams},
	{"slack.yaml", "SLACK_WEBHOOK_URL", chatlimits.SlackLength},
}

// Everything is delivered in order through a webhook that is killed, and that
// answers a few posts with 429, with 500 and not at all.
func TestChatKilled(t *testing.T) {
	t.Parallel()
	for _, chat := range chats {
		t.Run(chat.config, func(t *testing.T) {
			room := servers.NewChatroom(t, true, chat.check)
			sent := proof.Outage{
				Config: chat.config,
				Env:    []string{chat.variable + "=" + room.URL()},
				Args:   quickly,
				Server: room,
				IDs:    func() ([]string, error) { return servers.IDsInPosts(room.Taken()), nil },
			}.Run(t)
			room.RequireNoneRefused()
			sent.RequireOrder(t, servers.IDsInPosts(room.Taken()), func(int) string { return chat.config })
		})
	}
}
