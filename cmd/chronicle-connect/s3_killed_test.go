//go:build !minimal

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestS3 proves s3.yaml with versitygw.
func TestS3(t *testing.T) {
	gateway := startReal(t, "s3")
	require.NoError(t, os.Mkdir(filepath.Join(gateway.dir, s3Bucket), 0o700))
	list := func() (objects, error) { return s3Objects("http://" + gateway.addr()) }
	sent := proof{
		config: "s3.yaml",
		env:    s3Settings(gateway),
		server: gateway,
		ids:    idsOfObjects(list),
	}.run(t)

	all, err := list()
	require.NoError(t, err)
	requireObjects(t, sent, all)
	for name, o := range all {
		require.Empty(t, o.metadata, name)
	}
}

// s3Settings lead s3.yaml to a server.
func s3Settings(gateway *realServer) []string {
	return []string{
		"S3_BUCKET=" + s3Bucket, "S3_PREFIX=", "S3_ENDPOINT=http://" + gateway.addr(), "S3_FORCE_PATH_STYLE=true",
		"S3_PERIOD=100ms", // so that the server is killed between two of many uploads, or inside one
		"AWS_REGION=us-east-1", "AWS_PROFILE=", "AWS_ACCESS_KEY_ID=" + s3AccessKey, "AWS_SECRET_ACCESS_KEY=" + s3SecretKey,
	}
}
