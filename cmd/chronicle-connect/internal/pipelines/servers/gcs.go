//go:build !minimal

package servers

import (
	"context"
	"errors"
	"io"
	"time"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
)

// GCSObjects reads all objects of a bucket.
func GCSObjects(bucket *storage.BucketHandle) (Objects, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	all := make(Objects)
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
		all[entry.Name] = Object{
			ContentType:     entry.ContentType,
			ContentEncoding: entry.ContentEncoding,
			Metadata:        entry.Metadata,
			body:            body,
		}
	}
}
