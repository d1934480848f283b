//go:build !minimal

package pipelines

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Odd detections among good ones, to S3 and to Slack. What S3 takes none of is a dead
// letter, and all posts arrive.
func TestRoutePoison(t *testing.T) {
	t.Parallel()
	r := newRoutes(t)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "route.yaml", r.settings("DEAD_LETTER_AFTER=1s")...)
	d.Args = append(d.Args, quickly...)
	provePoison(t, server, d, nil, func() string {
		objects, err := r.objects()
		require.NoError(t, err)
		var arrived strings.Builder
		for _, object := range objects {
			arrived.Write(object)
		}
		text, err := os.ReadFile(filepath.Join(d.StateDir, "dead_letters", "s3.jsonl"))
		if !os.IsNotExist(err) {
			require.NoError(t, err)
		}
		for line := range bytes.Lines(text) {
			var letter refusal
			require.NoError(t, json.Unmarshal(line, &letter))
			require.NotEmpty(t, letter.Reason)
			arrived.WriteString(letter.body(t))
		}
		return arrived.String()
	})
	r.chat.RequireNoneRefused()
	require.NoFileExists(t, filepath.Join(d.StateDir, "dead_letters", "slack.jsonl"))
	require.NotEmpty(t, r.chat.Taken())
}
