//go:build !minimal

package main

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/iterator"
)

const gcsBucket = "detections"

// TestGCS proves gcs.yaml with fake-gcs-server, a stand-in: Google's own service
// can't be killed.
func TestGCS(t *testing.T) {
	standIn := startReal(t, "gcs")
	t.Setenv("STORAGE_EMULATOR_HOST", standIn.addr()) // for the client below as well
	client, err := storage.NewClient(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	bucket := client.Bucket(gcsBucket)
	require.NoError(t, bucket.Create(t.Context(), "project", nil))

	list := func() (objects, error) { return gcsObjects(bucket) }
	sent := proof{
		config: "gcs.yaml",
		env:    []string{"GCS_BUCKET=" + gcsBucket, "GCS_PREFIX=", "GCS_PERIOD=100ms", "GCS_CREDENTIALS_JSON="},
		server: standIn,
		ids:    idsOfObjects(list),
	}.run(t)

	all, err := list()
	require.NoError(t, err)
	requireObjects(t, sent, all)
	for name, o := range all {
		require.Equal(t, map[string]string{"object": name}, o.metadata)
	}
}

// gcsObjects reads all objects of a bucket.
func gcsObjects(bucket *storage.BucketHandle) (objects, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	all := make(objects)
	for entries := bucket.Objects(ctx, nil); ; {
		entry, err := entries.Next()
		if errors.Is(err, iterator.Done) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		reader, err := bucket.Object(entry.Name).NewReader(ctx)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(reader)
		_ = reader.Close() // it is read to its end
		if err != nil {
			return nil, err
		}
		all[entry.Name] = object{
			contentType:     entry.ContentType,
			contentEncoding: entry.ContentEncoding,
			metadata:        entry.Metadata,
			body:            body,
		}
	}
}
