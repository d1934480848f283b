package proofs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// pipelineToFile is a whole pipeline as a program would embed it, from server
// to a file. extra are more fields of the input; base_url among them replaces
// the server's own.
func pipelineToFile(t *testing.T, server *chronicletest.Server, dir, extra string) (stream *service.Stream, output string) {
	t.Helper()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	output = filepath.Join(dir, "detections.jsonl")
	if !strings.Contains(extra, "base_url:") {
		extra += "\n    base_url: " + server.URL
	}
	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	require.NoError(t, builder.SetYAML(fmt.Sprintf(`
http: {enabled: false}
input:
  chronicle_detection_alerts:
    credentials_file: %s
    checkpoint_cache: state
    %s
cache_resources:
  - label: state
    file: {directory: %s}
output:
  file: {path: %s, codec: lines}
`, credentials, extra, dir, output)))
	stream, err := builder.Build()
	require.NoError(t, err)
	return stream, output
}

// Through real sockets, a real file and a real position file: every one of
// 6,000 detections arrives once, in order and byte for byte, though the
// connection is cut five times inside a batch.
func TestSixThousandDetectionsToAFile(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	generator := chronicletest.NewGenerator(6000)
	begin := time.Now().Add(-50 * time.Minute)
	var want bytes.Buffer
	var times []string
	for i := range 12 {
		batch := generator.Detections(500, 2000)
		for _, detection := range batch {
			want.Write(detection)
			want.WriteByte('\n')
		}
		at := server.AppendAt(begin.Add(time.Duration(i)*time.Minute), batch...)
		times = append(times, at.UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	for _, cut := range []chronicletest.Step{
		{AfterElements: 2, AfterBytes: 1},
		{AfterElements: 1, AfterBytes: 300_000},
		{AfterElements: 0, AfterBytes: 700_000},
		{AfterElements: 3, AfterBytes: 90_000},
		{AfterElements: 1, AfterBytes: 999_999},
	} {
		cut.Then = chronicletest.Cut
		server.Script(cut)
	}
	stream, output := pipelineToFile(t, server, t.TempDir(), "start_time: 1h\n    max_batch_count: 200\n    backoff: {initial_interval: 10ms, max_interval: 1s}")
	got := runUntil(t, stream, output, want.Len())
	require.True(t, bytes.Equal(want.Bytes(), got), "the file has not what was sent")
	var asked []string
	for _, request := range server.Requests()[1:] {
		asked = append(asked, request.ContinuationTime)
	}
	require.Equal(t, []string{times[1], times[2], times[2], times[5], times[6]}, asked)

	stored, err := os.ReadFile(filepath.Join(filepath.Dir(output), "chronicle_detection_alerts"))
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"continuation_time":%q}`, times[11]), string(stored))
}

// A new process goes on where the last one stopped.
func TestRestartFromAPositionFile(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	dir, total := t.TempDir(), 0
	generator := chronicletest.NewGenerator(7)
	for range 3 {
		batch := generator.Detections(100, 2000)
		server.Append(batch...)
		total += size(batch)
		stream, output := pipelineToFile(t, server, dir, "start_time: 1h")
		require.Len(t, runUntil(t, stream, output, total), total, "nothing came twice")
	}
}

func size(batch []json.RawMessage) (n int) {
	for _, detection := range batch {
		n += len(detection) + len("\n")
	}
	return n
}

// runUntil runs a pipeline until its output has at least n bytes, stops it and
// returns them.
func runUntil(t *testing.T, stream *service.Stream, output string, n int) []byte {
	t.Helper()
	ran := make(chan error, 1)
	go func() { ran <- stream.Run(context.Background()) }()
	require.Eventually(t, func() bool {
		info, err := os.Stat(output)
		return err == nil && info.Size() >= int64(n)
	}, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, stream.StopWithin(10*time.Second))
	require.NoError(t, <-ran)
	require.NoError(t, plugin.Failure(stream.Resources()))
	got, err := os.ReadFile(output)
	require.NoError(t, err)
	return got
}
