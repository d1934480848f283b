//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

func chatYes(config string) servers.Answer {
	switch config {
	case "google-chat.yaml":
		return servers.Answer{Status: 200, Body: servers.GoogleChatYes}
	case "teams.yaml":
		return servers.Answer{Status: 202}
	}
	return servers.Answer{Status: 200, Body: servers.SlackYes}
}

// chatRevoked is said of a webhook that isn't valid any more.
func chatRevoked(config string) string {
	if config == "google-chat.yaml" {
		return `{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`
	}
	return "invalid_token"
}

// TestChatAnswers has a post answered in all ways that are no yes, those that are about
// the webhook included.
func TestChatAnswers(t *testing.T) {
	t.Parallel()
	for _, chat := range chats {
		t.Run(chat.config, func(t *testing.T) {
			env := func(url string) []string { return []string{chat.variable + "=" + url + "/?key=k"} }
			proveAnswers(t, chat.config, env, chatYes(chat.config), noes(
				servers.Answer{Status: 200, Body: `{"ok":true}`},
				servers.Answer{Status: 202, Body: "<html>sign in</html>"},
				servers.Answer{Status: 302, Body: chatYes(chat.config).Body},
				servers.Answer{Status: 400, Body: "<html>Bad request</html>"},
				servers.Answer{Status: 400, Body: chatRevoked(chat.config)},
				servers.Answer{Status: 410, Body: "channel_is_archived"},
				servers.Answer{Status: 429},
			), quickly...)
		})
	}
}

// A chat that says how long to wait is not asked before.
func TestChatRetryAfter(t *testing.T) {
	t.Parallel()
	for _, chat := range chats {
		t.Run(chat.config, func(t *testing.T) {
			address := func(url string) []string { return []string{chat.variable + "=" + url + "/?key=k"} }
			proveRetryAfter(t, chat.config, address, chatYes(chat.config), quickly...)
		})
	}
}
