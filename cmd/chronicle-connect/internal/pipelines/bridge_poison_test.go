//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Odd detections among good ones, to a host that has none of our code.
func TestBridgePoison(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	r := newReceiver(t)
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings()...)
	r.start()
	provePoison(t, server, d, nil, func() string { return string(r.taken()) })
}
