//go:build !minimal

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

const (
	s3Bucket = "detections"
	// As in .ci/servers.
	s3AccessKey = "chronicle"
	s3SecretKey = "chronicle-secret"
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

// TestS3AfterACrash kills the pipeline instead of the server. What was not
// acknowledged comes again, into objects that are the same or have other names.
func TestS3AfterACrash(t *testing.T) {
	gateway := startReal(t, "s3")
	require.NoError(t, os.Mkdir(filepath.Join(gateway.dir, s3Bucket), 0o700))
	list := func() (objects, error) { return s3Objects("http://" + gateway.addr()) }
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := newLedger(server, 1)
	d := deployFile(t, server, "s3.yaml", s3Settings(gateway)...)
	arrival := &arrival{t: t, sent: sent, ids: idsOfObjects(list)}
	fed := sent.feed(proofDetections)
	for _, part := range []int{proofDetections / 10, proofDetections / 2} {
		process := d.start()
		arrival.wait(part)
		process.kill()
	}
	process := d.start()
	<-fed
	arrival.wait(proofDetections)
	waitFor(t, "the position to be stored", func() bool { return d.stored().Equal(sent.last()) })
	process.stop()

	all, err := list()
	require.NoError(t, err)
	requireObjects(t, sent, all)
	t.Logf("s3.yaml: %d sent, pipeline killed twice, 0 lost, %d repeated in %d objects", sent.count(), arrival.repeated, len(all))
}

// s3Settings lead s3.yaml to a server.
func s3Settings(gateway *realServer) []string {
	return []string{
		"S3_BUCKET=" + s3Bucket, "S3_PREFIX=", "S3_ENDPOINT=http://" + gateway.addr(), "S3_FORCE_PATH_STYLE=true",
		"S3_PERIOD=100ms", // so that the server is killed between two of many uploads, or inside one
		"AWS_REGION=us-east-1", "AWS_PROFILE=", "AWS_ACCESS_KEY_ID=" + s3AccessKey, "AWS_SECRET_ACCESS_KEY=" + s3SecretKey,
	}
}

// s3Objects reads all objects of the bucket.
func s3Objects(endpoint string) (objects, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client := s3.New(s3.Options{
		BaseEndpoint: &endpoint,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(s3AccessKey, s3SecretKey, ""),
		UsePathStyle: true,
		Retryer:      aws.NopRetryer{},
	})
	all := make(objects)
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(s3Bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, entry := range page.Contents {
			got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(s3Bucket), Key: entry.Key})
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(got.Body)
			_ = got.Body.Close() // it is read to its end
			if err != nil {
				return nil, err
			}
			all[*entry.Key] = object{
				contentType:     aws.ToString(got.ContentType),
				contentEncoding: aws.ToString(got.ContentEncoding),
				metadata:        got.Metadata,
				body:            body,
			}
		}
	}
	return all, nil
}
