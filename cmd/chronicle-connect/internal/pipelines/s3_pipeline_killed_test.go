//go:build !minimal

package pipelines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestS3AfterACrash kills the pipeline instead of the server. What was not
// acknowledged comes again, into objects that are the same or have other names.
func TestS3AfterACrash(t *testing.T) {
	t.Parallel()
	gateway := servers.StartReal(t, "s3")
	require.NoError(t, os.Mkdir(filepath.Join(gateway.Dir, servers.S3Bucket), 0o700))
	list := func() (servers.Objects, error) { return servers.S3Objects("http://" + gateway.Addr()) }
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	d := programtest.DeployFile(t, server, "s3.yaml", s3Settings(gateway)...)
	arrival := proof.NewArrival(t, sent, servers.IDsOfObjects(list))
	fed := sent.Feed(proof.Detections)
	for _, part := range []int{proof.Detections / 10, proof.Detections / 2} {
		process := d.Start()
		arrival.Wait(part)
		process.Kill()
	}
	process := d.Start()
	<-fed
	arrival.Wait(proof.Detections)
	waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(sent.Last()) })
	process.Stop()

	all, err := list()
	require.NoError(t, err)
	requireObjects(t, sent, all)
	t.Logf("s3.yaml: %d sent, pipeline killed twice, 0 lost, %d repeated in %d objects", sent.Count(), arrival.Repeated, len(all))
}
