package trial

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"   // for http_client and file
	_ "github.com/redpanda-data/benthos/v4/public/components/pure" // for rate limits and caches
)

const config = `
input:
  generate:
    interval: '${EVERY:1s}'
    mapping: root = "${TEXT:x}"
pipeline:
  processors:
    - label: limit
      rate_limit: { resource: pace }
    - mapping: |
        root = ${MAPPING:this}
output:
  http_client:
    url: '${ADDRESS:http://localhost:1}'
    timeout: '${TIMEOUT}'
`

const shared = `
rate_limit_resources:
  - label: pace
    local:
      count: ${COUNT:1}
      interval: '${INTERVAL}'
cache_resources:
  - label: state
    memory:
      default_ttl: '${TTL:5m}'
  - label: layered
    multilevel: [ state, state ]
`

func TestTrial(t *testing.T) {
	for _, test := range []struct {
		name   string
		set    map[string]string
		shared bool
		blamed string
		err    string
	}{
		{name: "right settings"},
		{name: "a word for a number", set: map[string]string{"COUNT": "many"}, blamed: "COUNT", err: "environment variable COUNT: "},
		{name: "a shared one, alone", set: map[string]string{"COUNT": "many", "EVERY": "never"}, shared: true, blamed: "COUNT", err: "environment variable COUNT: "},
		{name: "no default", set: map[string]string{"INTERVAL": "soon"}, blamed: "INTERVAL", err: `environment variable INTERVAL: `},
		{name: "a cache", set: map[string]string{"TTL": "5megs"}, blamed: "TTL", err: `environment variable TTL: state: `},
		{name: "the input", set: map[string]string{"EVERY": "never"}, blamed: "EVERY", err: "environment variable EVERY: "},
		{name: "a mapping", set: map[string]string{"MAPPING": "this is("}, blamed: "MAPPING", err: "environment variable MAPPING: pipeline: processor 2: "},
		{name: "the output", set: map[string]string{"TIMEOUT": "a while"}, blamed: "TIMEOUT", err: "environment variable TIMEOUT: "},
		{name: "two at once", set: map[string]string{"COUNT": "many", "INTERVAL": "soon"}, err: "pace"},
		{name: "missing", set: map[string]string{"TIMEOUT": ""}, err: "required environment variables were not set: TIMEOUT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			trial := &Trial{
				Texts:      [][]byte{[]byte(config), []byte(shared)},
				SharedOnly: test.shared,
				Lookup: func(name string) (string, bool) {
					value, set := test.set[name]
					if !set {
						value = map[string]string{"TIMEOUT": "1s", "INTERVAL": "1s"}[name]
					}
					return value, value != ""
				},
			}
			built, err := trial.Build(t.Context())
			if test.err == "" {
				require.NoError(t, err)
				require.True(t, built.Resources.HasInput("input"))
				require.True(t, built.Resources.HasProcessor("limit"))
				return
			}
			require.ErrorContains(t, err, test.err)
			require.NotRegexp(t, `\(\d+,\d+\)`, err.Error(), "a position that is none of the file's")
			var blamed *VariableError
			require.Equal(t, test.blamed != "", errors.As(err, &blamed))
			if test.blamed != "" {
				require.Equal(t, test.blamed, blamed.Name)
			}
		})
	}
}

// An output that is built is not started, so it asks nobody for anything.
func TestTrialStartsNothing(t *testing.T) {
	started := false
	environment := service.GlobalEnvironment()
	require.NoError(t, environment.RegisterInput("trial_test", service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.Input, error) {
		return &startable{&started}, nil
	}))
	trial := &Trial{Texts: [][]byte{[]byte("input:\n  label: ''\n  trial_test: {}\ninput_resources:\n  - label: other\n    trial_test: {}\n")}, Lookup: func(string) (string, bool) { return "", false }}
	built, err := trial.Build(t.Context())
	require.NoError(t, err)
	require.True(t, built.Resources.HasInput("other"))
	require.False(t, started)
}

type startable struct{ started *bool }

func (s *startable) Connect(context.Context) error {
	*s.started = true
	return service.ErrEndOfInput
}

func (s *startable) Read(context.Context) (*service.Message, service.AckFunc, error) {
	return nil, nil, service.ErrEndOfInput
}

func (s *startable) Close(context.Context) error { return nil }

func TestKindOfAComponent(t *testing.T) {
	trial := &Trial{Lookup: func(string) (string, bool) { return "", false }, Texts: [][]byte{[]byte(`
input:
  sequence:
    inputs:
      - read_until: { idle_timeout: 1s, input: { generate: { mapping: root = 1 } } }
output:
  fallback:
    - http_client: { url: http://localhost:1 }
    - label: ''
      retry:
        output: &same
          drop: {}
    - retry:
        output: *same
`)}}
	built, err := trial.Build(t.Context())
	require.NoError(t, err)
	kind := func(path ...string) string {
		kind, _ := built.Kind(path)
		return kind
	}
	require.Equal(t, "http_client", kind("output_resources", "fallback", "0"))
	require.Equal(t, "retry", kind("output_resources.fallback", "1"))
	one, text := built.Kind([]string{"output_resources", "fallback", "1", "retry", "output"})
	other, same := built.Kind([]string{"output_resources", "fallback", "2", "retry", "output"})
	require.Equal(t, "drop", one)
	require.Equal(t, one, other)
	require.Equal(t, text, same)
	require.Equal(t, "generate", kind("input_resources", "sequence", "read_until", "input"))
	require.Empty(t, kind("output_resources", "fallback", "7"))
	require.Empty(t, kind("elsewhere"))
}
