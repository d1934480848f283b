package rpcplugin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/rpcplugin/runtimepb"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestMessagesAreTheInputs(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	raw := json.RawMessage(`{ "id":"de_1" , "type":"RULE_DETECTION","detection":[{"ruleName":"a <b> \u00e9"}],"x":1e400 }`)
	server.Append(raw)
	h := startReading(t, settings(t, server, t.TempDir(), nil))

	answer := h.read()
	require.Len(t, answer.GetBatch().GetMessages(), 1)
	message := answer.GetBatch().GetMessages()[0]
	require.Equal(t, string(raw), string(message.GetBytes()))
	metadata := message.GetMetadata().GetFields()
	require.Equal(t, "de_1", metadata["chronicle_detection_id"].GetStringValue())
	require.Equal(t, "RULE_DETECTION", metadata["chronicle_detection_type"].GetStringValue())
	require.Equal(t, "a <b> é", metadata["chronicle_rule_name"].GetStringValue())
}

// The position follows acknowledgements, and nothing else: not a rejection, not an
// acknowledgement of something else, not the end.
func TestPositionFollowsAcknowledgements(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	server.Append(json.RawMessage(`{"id":"de_1"}`))
	folder := t.TempDir()
	fields := settings(t, server, folder, nil)

	first := startReading(t, fields)
	id, bodies := first.readBatch()
	require.Equal(t, []string{`{"id":"de_1"}`}, bodies)
	require.Contains(t, first.ack(id+1, ""), "is not in flight")
	first.close()

	second := startReading(t, fields)
	other, bodies := second.readBatch()
	require.Equal(t, []string{`{"id":"de_1"}`}, bodies, "it was stored as delivered")
	require.NotEqual(t, id, other)
	// A host goes on with what it had from the plugin before.
	require.Contains(t, second.ack(id, ""), "is not in flight")
	require.Empty(t, second.ack(other, "the output is full"))
	again, bodies := second.readBatch()
	require.Equal(t, []string{`{"id":"de_1"}`}, bodies, "what was rejected comes again")
	require.NotEqual(t, other, again)
	require.Contains(t, second.ack(other, ""), "is not in flight", "it was rejected before")
	require.Empty(t, second.ack(again, ""))
	second.close()

	third := startReading(t, fields)
	server.Append(json.RawMessage(`{"id":"de_2"}`))
	_, bodies = third.readBatch()
	require.Equal(t, []string{`{"id":"de_2"}`}, bodies)
}

// An error that only has a detail is one as well.
func TestErrorWithoutAMessageIsARejection(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	server.Append(json.RawMessage(`{"id":"de_1"}`))
	h := startReading(t, settings(t, server, t.TempDir(), nil))
	id, _ := h.readBatch()
	_, err := h.Ack(h.ctx, &runtimepb.BatchInputAckRequest{BatchId: id, Error: &runtimepb.Error{}})
	require.NoError(t, err)
	_, bodies := h.readBatch()
	require.Equal(t, []string{`{"id":"de_1"}`}, bodies)
}

// Answers stay within what a host reads, however large a batch is. What no answer
// can hold is kept and holds up nothing.
func TestAnswersStayWithinTheLimit(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	var sent []json.RawMessage
	for i := range 12 {
		size := 900_000
		if i == 5 {
			size = 5_000_000
		}
		sent = append(sent, json.RawMessage(fmt.Sprintf(`{"id":"de_%d","x":"%s"}`, i, strings.Repeat("x", size))))
	}
	server.Append(sent...)
	folder := t.TempDir()
	fields := settings(t, server, folder, nil)
	h := startReading(t, fields)

	var got []json.RawMessage
	var reported []string
	for len(got) < len(sent)-1 || len(reported) == 0 {
		answer := h.read() // the client has the limit that a host's has
		if answer.GetError() != nil {
			reported = append(reported, answer.GetError().GetMessage())
			continue
		}
		for _, message := range answer.GetBatch().GetMessages() {
			got = append(got, message.GetBytes())
		}
		require.Empty(t, h.ack(answer.GetBatchId(), ""))
	}
	require.Equal(t, append(append([]json.RawMessage{}, sent[:5]...), sent[6:]...), got)
	require.Len(t, reported, 1)
	require.Contains(t, reported[0], "de_5")
	require.Contains(t, reported[0], "more than the 4 MiB")

	text, err := os.ReadFile(filepath.Join(folder, "chronicle_detection_alerts_oversized.jsonl"))
	require.NoError(t, err)
	var line struct{ ID, Detection string }
	require.NoError(t, json.Unmarshal(text, &line))
	require.Equal(t, "de_5", line.ID)
	require.Equal(t, string(sent[5]), line.Detection)

	h.close()
	server.Append(json.RawMessage(`{"id":"de_12"}`))
	next := startReading(t, fields)
	_, bodies := next.readBatch()
	require.Equal(t, []string{`{"id":"de_12"}`}, bodies, "the position is behind all of it")
}

// While the file takes nothing, the detection counts as not delivered.
func TestOversizedDetectionWaitsForItsFile(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	server.Append(json.RawMessage(`{"id":"de_1","x":"` + strings.Repeat("x", 5_000_000) + `"}`))
	folder := t.TempDir()
	fields := settings(t, server, folder, map[string]any{fieldOversizedPath: folder})
	h := startReading(t, fields)
	require.Contains(t, h.read().GetError().GetMessage(), "is a directory") // as Benthos logs it
	require.Contains(t, h.read().GetError().GetMessage(), "is not kept either")
	h.close()

	fields[fieldOversizedPath] = filepath.Join(t.TempDir(), "oversized.jsonl")
	next := startReading(t, fields)
	require.Contains(t, next.read().GetError().GetMessage(), "de_1")
}

// A host logs what ReadBatch says, and drops what Connect says.
func TestFailuresAndTheEndAreReported(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	refusal := chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "Permission denied."}}
	server.Script(refusal, refusal)
	h := startReading(t, settings(t, server, t.TempDir(), map[string]any{
		"max_consecutive_failures": 1,
		"backoff":                  map[string]any{"initial_interval": "1ms"},
	}))
	first := h.read().GetError()
	require.Contains(t, first.GetMessage(), "failure 1 of at most 1")
	require.Nil(t, first.GetDetail())
	second := h.read().GetError()
	require.Contains(t, second.GetMessage(), "the input ends here")
	require.Contains(t, second.GetMessage(), "Permission denied")
	require.Nil(t, second.GetDetail())
	for range 2 {
		require.IsType(t, &runtimepb.Error_EndOfInput_{}, h.read().GetError().GetDetail())
	}
	require.Contains(t, strings.Join(h.printed.lines(), "\n"), `level=ERROR msg="giving up after 2 failures`)
	h.close()
}

// A call that a host gives up takes nothing with it.
func TestCallThatIsGivenUp(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	h := startReading(t, settings(t, server, t.TempDir(), nil))
	given := make(chan error)
	ctx, cancel := context.WithCancel(h.ctx)
	go func() {
		_, err := h.ReadBatch(ctx, &runtimepb.BatchInputReadRequest{})
		given <- err
	}()
	cancel()
	require.Error(t, <-given)
	server.Append(json.RawMessage(`{"id":"de_1"}`))
	_, bodies := h.readBatch()
	require.Equal(t, []string{`{"id":"de_1"}`}, bodies)
}

func TestCallsBeforeInit(t *testing.T) {
	h := startPlugin(t)
	require.Contains(t, h.read().GetError().GetMessage(), "before Init")
	require.Contains(t, h.ack(1, ""), "before Init")
	h.close()
}

// Initialised twice, it is one input.
func TestSecondInit(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	fields := settings(t, server, t.TempDir(), nil)
	h := startReading(t, fields)
	require.Empty(t, h.init(fields))
	require.Empty(t, h.init(fields))
}

// Initialised and never connected, as where a config is only tried, it asks nobody
// for anything and ends at once.
func TestNeverConnected(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	h := startPlugin(t)
	require.Empty(t, h.init(settings(t, server, t.TempDir(), nil)))
	h.close()
	require.Empty(t, server.Requests())
}

func TestMetrics(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	server.Append(json.RawMessage(`{"id":"de_1"}`))
	h := startReading(t, settings(t, server, t.TempDir(), map[string]any{fieldMetricsAddress: "127.0.0.1:0"}))
	h.readBatch()
	answer, err := http.Get("http://" + h.service.current().metrics.Addr().String() + "/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Contains(t, string(text), "chronicle_detections")
}
