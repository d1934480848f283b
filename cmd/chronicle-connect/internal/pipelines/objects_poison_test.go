//go:build !minimal

package pipelines

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Odd detections among good ones, into objects of S3.
func TestS3Poison(t *testing.T) {
	t.Parallel()
	gateway := servers.StartReal(t, "s3")
	require.NoError(t, os.Mkdir(filepath.Join(gateway.Dir, servers.S3Bucket), 0o700))
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "s3.yaml", s3Settings(gateway)...)
	provePoison(t, server, d, nil, linesOf(t, func() (servers.Objects, error) { return servers.S3Objects("http://" + gateway.Addr()) }))
}

// Odd detections among good ones, into objects of Cloud Storage.
func TestGCSPoison(t *testing.T) {
	standIn := servers.StartReal(t, "gcs")
	t.Setenv("STORAGE_EMULATOR_HOST", standIn.Addr()) // for the client below as well
	client, err := storage.NewClient(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	bucket := client.Bucket(gcsBucket)
	require.NoError(t, bucket.Create(t.Context(), "project", nil))
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "gcs.yaml", "GCS_BUCKET="+gcsBucket, "GCS_PREFIX=", "GCS_PERIOD=100ms", "GCS_CREDENTIALS_JSON=")
	provePoison(t, server, d, nil, linesOf(t, func() (servers.Objects, error) { return servers.GCSObjects(bucket) }))
}

// linesOf is all that is in the objects.
func linesOf(t *testing.T, list func() (servers.Objects, error)) func() string {
	return func() string {
		all, err := list()
		require.NoError(t, err)
		var text strings.Builder
		for _, object := range all {
			lines, err := object.Lines()
			require.NoError(t, err)
			text.Write(lines)
		}
		return text.String()
	}
}
