package rpcplugin

import (
	"bytes"
	"context"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin/runtimepb"
	_ "github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// patience is how long a test waits for what has to happen.
const patience = time.Minute

// A testHost calls a plugin of this process as a host does, through a socket.
type testHost struct {
	runtimepb.BatchInputServiceClient

	t       *testing.T
	ctx     context.Context //nolint:containedctx // Of all its calls.
	service *pluginService
	printed *printed
}

// startPlugin serves a plugin that nobody has initialised.
func startPlugin(t *testing.T) *testHost {
	t.Helper()
	directory, err := os.MkdirTemp("", "rpc") //nolint:usetesting // A socket's path has to be short.
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	listener, err := net.Listen("unix", filepath.Join(directory, "s"))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	h := &testHost{t: t, ctx: ctx, printed: &printed{}}
	h.service = newService(newHostLog(h.printed, &redact.Redactor{}))
	server := grpc.NewServer()
	runtimepb.RegisterBatchInputServiceServer(server, h.service)
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("unix:"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	h.BatchInputServiceClient = runtimepb.NewBatchInputServiceClient(conn)
	t.Cleanup(func() {
		cancel()
		h.service.end()
		_ = conn.Close()
		server.Stop()
	})
	return h
}

// init hands over a configuration and returns what is wrong with it.
func (h *testHost) init(fields map[string]any) string {
	h.t.Helper()
	answer, err := h.Init(h.ctx, &runtimepb.BatchInputInitRequest{Config: wireValue(h.t, fields)})
	require.NoError(h.t, err)
	require.False(h.t, answer.GetAutoReplayNacks())
	return answer.GetError().GetMessage()
}

// settings lead to a stand-in and keep the position in a folder, with more fields.
func settings(t *testing.T, server *chronicletest.Server, folder string, more map[string]any) map[string]any {
	t.Helper()
	credentials := filepath.Join(t.TempDir(), "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	fields := map[string]any{
		"base_url":         server.URL,
		"credentials_file": credentials,
		"start_time":       "1h",
		"checkpoint_cache": map[string]any{"file": map[string]any{"directory": folder}},
	}
	maps.Copy(fields, more)
	return fields
}

// startReading serves a plugin that reads.
func startReading(t *testing.T, fields map[string]any) *testHost {
	t.Helper()
	h := startPlugin(t)
	require.Empty(t, h.init(fields))
	answer, err := h.Connect(h.ctx, &runtimepb.BatchInputConnectRequest{})
	require.NoError(t, err)
	require.Nil(t, answer.GetError())
	return h
}

func (h *testHost) read() *runtimepb.BatchInputReadResponse {
	h.t.Helper()
	answer, err := h.ReadBatch(h.ctx, &runtimepb.BatchInputReadRequest{})
	require.NoError(h.t, err)
	return answer
}

// readBatch reads what has to be a batch.
func (h *testHost) readBatch() (id uint64, bodies []string) {
	h.t.Helper()
	answer := h.read()
	require.Nil(h.t, answer.GetError())
	for _, message := range answer.GetBatch().GetMessages() {
		bodies = append(bodies, string(message.GetBytes()))
	}
	return answer.GetBatchId(), bodies
}

// ack returns what is wrong with an acknowledgement, or a rejection.
func (h *testHost) ack(id uint64, rejection string) string {
	h.t.Helper()
	request := &runtimepb.BatchInputAckRequest{BatchId: id}
	if rejection != "" {
		request.Error = &runtimepb.Error{Message: rejection}
	}
	answer, err := h.Ack(h.ctx, request)
	require.NoError(h.t, err)
	return answer.GetError().GetMessage()
}

// close ends the plugin as a host does.
func (h *testHost) close() {
	h.t.Helper()
	answer, err := h.Close(h.ctx, &runtimepb.BatchInputCloseRequest{})
	require.NoError(h.t, err)
	require.Nil(h.t, answer.GetError())
}

func wireValue(t *testing.T, value any) *runtimepb.Value {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return &runtimepb.Value{Kind: &runtimepb.Value_NullValue{}}
	case string:
		return &runtimepb.Value{Kind: &runtimepb.Value_StringValue{StringValue: v}}
	case int:
		return &runtimepb.Value{Kind: &runtimepb.Value_IntegerValue{IntegerValue: int64(v)}}
	case bool:
		return &runtimepb.Value{Kind: &runtimepb.Value_BoolValue{BoolValue: v}}
	case map[string]any:
		fields := make(map[string]*runtimepb.Value, len(v))
		for name, field := range v {
			fields[name] = wireValue(t, field)
		}
		return &runtimepb.Value{Kind: &runtimepb.Value_StructValue{StructValue: &runtimepb.StructValue{Fields: fields}}}
	default:
		require.Fail(t, "no such value", "%T", v)
		return nil
	}
}

// printed is what a plugin prints, so far.
type printed struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Split(strings.TrimSuffix(p.text.String(), "\n"), "\n")
}
