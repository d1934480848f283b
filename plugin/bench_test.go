package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// BenchmarkInput runs a whole Benthos pipeline that throws the detections away:
// 20,000 of about 4 kB over loopback, from a server that has them ready. Drain
// is what reading the bytes and no more takes.
func BenchmarkInput(b *testing.B) {
	const detections, batch, size = 20_000, 1000, 4000
	backlog := backlogOf(detections, batch, size)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write(backlog); err != nil {
			return
		}
		if r.URL.Path == "/drain" {
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()

	b.Run("drain", func(b *testing.B) {
		b.SetBytes(int64(len(backlog)))
		for b.Loop() {
			res, err := http.Post(server.URL+"/drain", "application/json", nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				b.Fatal(err)
			}
			_ = res.Body.Close()
		}
	})
	b.Run("input", func(b *testing.B) {
		tokens := chronicletest.NewServer()
		defer tokens.Close()
		credentials := filepath.Join(b.TempDir(), "credentials.json")
		if err := tokens.WriteCredentials(credentials); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(backlog)))
		b.ReportAllocs()
		for b.Loop() {
			if err := receive(b.Context(), detections, fmt.Sprintf(
				`chronicle_detection_alerts: {base_url: %s, credentials_file: %s, start_time: 1h}`, server.URL, credentials)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// receive runs a pipeline with the input until n messages have come.
func receive(ctx context.Context, n int, input string) error {
	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	if err := builder.AddInputYAML(input); err != nil {
		return err
	}
	received, enough := 0, make(chan struct{})
	if err := builder.AddBatchConsumerFunc(func(_ context.Context, batch service.MessageBatch) error {
		if received += len(batch); received == n {
			close(enough)
		}
		return nil
	}); err != nil {
		return err
	}
	stream, err := builder.Build()
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(ctx) }()
	select {
	case <-enough:
		return errors.Join(stream.Stop(ctx), <-ended)
	case err := <-ended:
		return fmt.Errorf("the pipeline ended after %d of %d messages: %w", received, n, err)
	}
}

// backlogOf is a stream of n detections, so many a batch.
func backlogOf(n, batch, size int) []byte {
	generator := chronicletest.NewGenerator(1)
	var body bytes.Buffer
	body.WriteByte('[')
	for i := range n / batch {
		fmt.Fprintf(&body, `{"continuationTime":"2026-03-01T10:%02d:%02d.000000Z","detections":[`, i/60%60, i%60)
		for j, detection := range generator.Detections(batch, size) {
			if j > 0 {
				body.WriteByte(',')
			}
			body.Write(detection)
		}
		body.WriteString("]},\r\n")
	}
	return body.Bytes()
}
