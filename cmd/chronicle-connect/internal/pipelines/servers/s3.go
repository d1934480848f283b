//go:build !minimal

package servers

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The bucket of the tests, and who may use it: as in .ci/servers.
const (
	S3Bucket    = "detections"
	S3AccessKey = "chronicle"
	S3SecretKey = "chronicle-secret"
)

// S3Objects reads all objects of S3Bucket.
func S3Objects(endpoint string) (Objects, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client := s3.New(s3.Options{
		BaseEndpoint: &endpoint,
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(S3AccessKey, S3SecretKey, ""),
		UsePathStyle: true,
		Retryer:      aws.NopRetryer{},
	})
	all := make(Objects)
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(S3Bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, entry := range page.Contents {
			got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(S3Bucket), Key: entry.Key})
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(got.Body)
			_ = got.Body.Close() // it is read to its end
			if err != nil {
				return nil, err
			}
			all[*entry.Key] = Object{
				ContentType:     aws.ToString(got.ContentType),
				ContentEncoding: aws.ToString(got.ContentEncoding),
				Metadata:        got.Metadata,
				body:            body,
			}
		}
	}
	return all, nil
}
