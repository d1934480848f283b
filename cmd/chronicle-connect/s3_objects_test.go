//go:build !minimal

package main

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	s3Bucket = "detections"
	// As in .ci/servers.
	s3AccessKey = "chronicle"
	s3SecretKey = "chronicle-secret"
)

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
