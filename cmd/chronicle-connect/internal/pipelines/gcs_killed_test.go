//go:build !minimal

package pipelines

import (
	"testing"

	"cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

const gcsBucket = "detections"

// TestGCS proves gcs.yaml with fake-gcs-server, a stand-in: Google's own service
// can't be killed.
func TestGCS(t *testing.T) {
	standIn := servers.StartReal(t, "gcs")
	t.Setenv("STORAGE_EMULATOR_HOST", standIn.Addr()) // for the client below as well
	client, err := storage.NewClient(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	bucket := client.Bucket(gcsBucket)
	require.NoError(t, bucket.Create(t.Context(), "project", nil))

	list := func() (servers.Objects, error) { return servers.GCSObjects(bucket) }
	sent := proof.Outage{
		Config: "gcs.yaml",
		Env:    []string{"GCS_BUCKET=" + gcsBucket, "GCS_PREFIX=", "GCS_PERIOD=100ms", "GCS_CREDENTIALS_JSON="},
		Server: standIn,
		IDs:    servers.IDsOfObjects(list),
	}.Run(t)

	all, err := list()
	require.NoError(t, err)
	requireObjects(t, sent, all)
	for name, o := range all {
		require.Equal(t, map[string]string{"object": name}, o.Metadata)
	}
}
