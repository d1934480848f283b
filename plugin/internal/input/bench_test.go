package input_test

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
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
)

// BenchmarkInput takes 20,000 detections of about 4 kB in over loopback, from a
// server that has them ready, and each step does what the one before does and
// more:
//
//   - drain: reads the bytes, with Go's HTTP client.
//   - check: finds and checks the detections, with reading ahead.
//   - messages: reads their fields, drops repeats, makes messages of them and
//     tracks the position.
//   - pipeline: the whole of Benthos, with an output that throws them away.
func BenchmarkInput(b *testing.B) {
	backlog := backlogOf(20_000, 1000, 4000)
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
	tokens := chronicletest.NewServer()
	defer tokens.Close()
	credentials := filepath.Join(b.TempDir(), "credentials.json")
	require.NoError(b, tokens.WriteCredentials(credentials))
	conf := fmt.Sprintf("base_url: %s\ncredentials_file: %s\nstart_time: 1h", server.URL, credentials)

	for _, step := range []struct {
		name string
		take func(ctx context.Context, n int) error
	}{
		{"drain", func(ctx context.Context, _ int) error { return drain(ctx, server.URL+"/drain") }},
		{"check", func(ctx context.Context, n int) error { return check(ctx, n, conf) }},
		{"messages", func(ctx context.Context, n int) error { return makeMessages(ctx, n, conf) }},
		{"pipeline", func(ctx context.Context, n int) error { return runPipeline(ctx, n, conf) }},
	} {
		b.Run(step.name, func(b *testing.B) {
			b.SetBytes(int64(len(backlog)))
			b.ReportAllocs()
			for b.Loop() {
				if err := step.take(b.Context(), 20_000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func drain(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// parsed is a configuration of the input.
func parsed(conf string) (*service.ParsedConfig, *service.Resources, error) {
	parsed, err := settings.Spec().ParseYAML(conf, nil)
	return parsed, service.MockResources(), err
}

// check reads the stream until n detections have come.
func check(ctx context.Context, n int, conf string) error {
	fields, res, err := parsed(conf)
	if err != nil {
		return err
	}
	c, err := settings.Parse(fields, res.HasCache, time.Now())
	if err != nil {
		return err
	}
	client := &chronicle.Client{
		Endpoint: c.Endpoint, Options: c.Request, Timeouts: c.Timeouts, Pieces: c.Pieces,
		Tokens: signin.NewAuthenticator(c.Credentials, c.Endpoint.Scope, c.Network),
	}
	conn, _, err := client.Open(ctx, chronicle.Resume{})
	if err != nil {
		return err
	}
	defer conn.Close()
	for n > 0 {
		select {
		case piece := <-conn.Pieces():
			n -= len(piece.Detections)
		case <-conn.Done():
			return fmt.Errorf("the stream ended %d detections early: %w", n, conn.Err())
		}
	}
	return nil
}

// makeMessages reads until n messages have come, and acknowledges them.
func makeMessages(ctx context.Context, n int, conf string) error {
	fields, res, err := parsed(conf + "\nauto_replay_nacks: false")
	if err != nil {
		return err
	}
	in, err := input.New(fields, res, input.Host{})
	if err != nil {
		return err
	}
	if err := in.Connect(ctx); err != nil {
		return err
	}
	for n > 0 {
		batch, ack, err := in.ReadBatch(ctx)
		if err != nil {
			return errors.Join(err, in.Close(ctx))
		}
		n -= len(batch)
		if err := ack(ctx, nil); err != nil {
			return err
		}
	}
	return in.Close(ctx)
}

// runPipeline runs a pipeline with the input until n messages have come.
func runPipeline(ctx context.Context, n int, conf string) error {
	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	if err := builder.AddInputYAML(settings.Name + ":\n  " + strings.ReplaceAll(conf, "\n", "\n  ")); err != nil {
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
