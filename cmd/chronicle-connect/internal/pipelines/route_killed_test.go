//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
)

// Either destination is killed once, and comes back before anything becomes a
// dead letter.
func TestRouteKilled(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"s3", "slack"} {
		t.Run(name, func(t *testing.T) {
			r := newRoutes(t)
			var server proof.Killable = r.s3
			if name == "slack" {
				server = r.chat
			}
			sent := proof.Outage{
				Config: "route.yaml",
				Env:    r.settings(),
				Args:   quickly,
				Server: server,
				IDs:    r.stored,
			}.Run(t)
			r.requireStored(sent)
			r.requirePosted(sent, name == "slack")
		})
	}
}
