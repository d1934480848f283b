//go:build !minimal

package pipelines

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// TestS3 proves s3.yaml with versitygw.
func TestS3(t *testing.T) {
	t.Parallel()
	gateway := servers.StartReal(t, "s3")
	require.NoError(t, os.Mkdir(filepath.Join(gateway.Dir, servers.S3Bucket), 0o700))
	list := func() (servers.Objects, error) { return servers.S3Objects("http://" + gateway.Addr()) }
	sent := proof.Outage{
		Config: "s3.yaml",
		Env:    s3Settings(gateway),
		Server: gateway,
		IDs:    servers.IDsOfObjects(list),
	}.Run(t)

	all, err := list()
	require.NoError(t, err)
	requireObjects(t, sent, all)
	for name, o := range all {
		require.Empty(t, o.Metadata, name)
	}
}

// s3Settings lead s3.yaml to a server.
func s3Settings(gateway *servers.Real) []string {
	return []string{
		"S3_BUCKET=" + servers.S3Bucket, "S3_PREFIX=", "S3_ENDPOINT=http://" + gateway.Addr(), "S3_FORCE_PATH_STYLE=true",
		"S3_PERIOD=100ms", // so that the server is killed between two of many uploads, or inside one
		"AWS_REGION=us-east-1", "AWS_PROFILE=", "AWS_ACCESS_KEY_ID=" + servers.S3AccessKey, "AWS_SECRET_ACCESS_KEY=" + servers.S3SecretKey,
	}
}
