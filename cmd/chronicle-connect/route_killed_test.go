//go:build !minimal

package main

import (
	"testing"
)

// Either destination is killed once, and comes back before anything becomes a
// dead letter.
func TestRouteKilled(t *testing.T) {
	for _, name := range []string{"s3", "slack"} {
		t.Run(name, func(t *testing.T) {
			r := newRoutes(t)
			var server killable = r.s3
			if name == "slack" {
				server = r.chat
			}
			sent := proof{
				config: "route.yaml",
				env:    r.settings(),
				args:   quickly,
				server: server,
				ids:    r.stored,
			}.run(t)
			r.requireStored(sent)
			r.requirePosted(sent, name == "slack")
		})
	}
}
