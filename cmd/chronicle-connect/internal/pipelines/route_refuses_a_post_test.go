//go:build !minimal

package pipelines

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/chatlimits"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A post that Slack refuses for good becomes a dead letter at once, and those
// behind it get through.
func TestRouteRefused(t *testing.T) {
	t.Parallel()
	r := newRoutes(t)
	r.chat.Check = func(post []byte) error {
		if bytes.Contains(post, []byte("refuse this")) {
			return fs.ErrInvalid
		}
		return chatlimits.SlackText(post)
	}
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append([]byte(`{"id":"de_1","detection":[{"ruleName":"refuse this"}]}`))
	server.Append([]byte(`{"id":"de_2","detection":[{"ruleName":"and take this"}]}`))
	d := programtest.DeployFile(t, server, "route.yaml", r.settings()...)
	d.Args = append(d.Args, quickly...)
	p := d.Start()
	waiting.For(t, "the second post", func() bool { return len(r.chat.Taken()) == 1 })
	p.Stop()
	files, err := filepath.Glob(filepath.Join(d.StateDir, "dead_letters", "slack.jsonl"))
	require.NoError(t, err)
	letters := deadLetters(t, files)
	require.Len(t, letters, 1)
	require.Contains(t, string(letters[0]), "refuse this")
	require.NotContains(t, string(letters[0]), "token=t", "it has the webhook's secret")
	stored, err := r.stored()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"de_1", "de_2"}, stored)
}
