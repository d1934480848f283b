package proofs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// pipelineOf is a pipeline of inputs that read from server, each with fields of its own
// on top, in a component whose configuration has a verb for them. What it delivers goes
// to the channel.
func pipelineOf(t *testing.T, server *chronicletest.Server, around string, fields ...string) (*service.Stream, *rig.Metrics, <-chan string) {
	t.Helper()
	var inputs []string
	for _, own := range fields {
		inputs = append(inputs, fmt.Sprintf("{chronicle_detection_alerts: {base_url: %s, credentials_json: '%s', %s}}", server.URL, server.CredentialsJSON(), own))
	}
	metrics, delivered := rig.NewMetrics(), make(chan string, 100)
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterMetricsExporter("recorded", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Logger) (service.MetricsExporter, error) {
		return metrics, nil
	}))
	builder := env.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.DiscardHandler))
	require.NoError(t, errors.Join(
		builder.SetMetricsYAML("recorded: {}"),
		builder.AddCacheYAML("label: positions\nmemory: {}"),
		builder.AddInputYAML(fmt.Sprintf(around, "["+strings.Join(inputs, ", ")+"]")),
		builder.AddConsumerFunc(func(_ context.Context, m *service.Message) error {
			body, err := m.AsBytes()
			delivered <- string(body)
			return err
		}),
	))
	stream, err := builder.Build()
	require.NoError(t, err)
	return stream, metrics, delivered
}

// Children of a sequence have one path. One that goes on from another checkpoint, or has
// none and another configuration, is another input: it is no restart of one that gave up
// before it.
func TestSequenceRemembersAnInputThatGaveUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second string
		forgotten     bool
	}{
		"other configurations":  {first: "start_time: 2h", second: "start_time: 1h"},
		"other checkpoints":     {first: "start_time: 1h, checkpoint_cache: positions, checkpoint_cache_key: a", second: "start_time: 1h, checkpoint_cache: positions, checkpoint_cache_key: b"},
		"a checkpoint and none": {first: "start_time: 1h, checkpoint_cache: positions", second: "start_time: 1h"},
		"one configuration":     {first: "start_time: 1h", second: "start_time: 1h", forgotten: true},
		"one checkpoint":        {first: "start_time: 2h, checkpoint_cache: positions", second: "start_time: 1h, checkpoint_cache: positions", forgotten: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := chronicletest.NewServer()
			defer server.Close()
			server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "No."}})
			server.Append(json.RawMessage(`{"id":"de_1"}`))
			stream, metrics, delivered := pipelineOf(t, server, "sequence: {inputs: %s}", c.first, c.second)
			ended := make(chan error, 1)
			go func() { ended <- stream.Run(context.WithoutCancel(t.Context())) }()
			require.JSONEq(t, `{"id":"de_1"}`, <-delivered)
			failure := plugin.Failure(stream.Resources())
			value := metrics.Value("chronicle_ended")
			require.NoError(t, stream.StopWithin(time.Minute))
			require.NoError(t, <-ended)
			if c.forgotten {
				require.NoError(t, failure)
				require.Zero(t, value)
				return
			}
			require.ErrorContains(t, failure, "No.")
			require.EqualValues(t, 1, value)
			require.ErrorContains(t, plugin.Failure(stream.Resources()), "No.")
		})
	}
}

// Copies of an input would each read every detection, and where they have a checkpoint
// one would wait for the other forever. They are refused before anything is read.
func TestCopiesAreRefused(t *testing.T) {
	t.Parallel()
	for _, fields := range []string{"start_time: 1h", "start_time: 1h, checkpoint_cache: positions"} {
		for _, around := range []string{"broker: {copies: 2, inputs: %s}", "sequence: {inputs: [{broker: {copies: 3, inputs: %s}}]}"} {
			server := chronicletest.NewServer()
			defer server.Close()
			stream, _, _ := pipelineOf(t, server, around, fields)
			require.ErrorContains(t, stream.Run(t.Context()), "field copies: got more than one chronicle_detection_alerts input at input.", around)
			require.Empty(t, server.Requests())
		}
	}
}

// Inputs of one configuration at two paths are two inputs, unless they share a checkpoint.
func TestTwoInputsOfOneConfiguration(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append(json.RawMessage(`{"id":"de_1"}`))
	stream, _, delivered := pipelineOf(t, server, "broker: {inputs: %s}", "start_time: 1h", "start_time: 1h")
	ended := make(chan error, 1)
	go func() { ended <- stream.Run(context.WithoutCancel(t.Context())) }()
	for range 2 {
		require.JSONEq(t, `{"id":"de_1"}`, <-delivered)
	}
	require.NoError(t, stream.StopWithin(time.Minute))
	require.NoError(t, <-ended)

	const shared = "start_time: 1h, checkpoint_cache: positions"
	stream, _, _ = pipelineOf(t, server, "broker: {inputs: %s}", shared, shared)
	require.ErrorContains(t, stream.Run(t.Context()), "field checkpoint_cache_key: got")
}
