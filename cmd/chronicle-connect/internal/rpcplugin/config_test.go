package rpcplugin

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestWrongSettingsAreRefused(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	for _, test := range []struct {
		field string
		value any
		want  string
	}{
		{"api", "v3", "api: got"},
		{"checkpoint_limit", 0, "checkpoint_limit: got 0"},
		{"start_time", "yesterday", "start_time: got"},
		{"backoff", map[string]any{"initial_interval": "soon"}, "backoff.initial_interval: got"},
		{"backoff", map[string]any{"first": "1s"}, "field first not recognised"},
		{"tls", "no", "tls: got no, want an object"},
		{"max_consecutive_failures", "often", "max_consecutive_failures"},
		{"checkpoint_cache", "position", `checkpoint_cache: got the label "position", want the configuration of a cache`},
		{"checkpoint_cache", 5, "checkpoint_cache: got 5, want"},
		{"checkpoint_cache", map[string]any{"file": map[string]any{}}, "checkpoint_cache: field directory is required"},
		{"checkpoint_cache", map[string]any{"fire": map[string]any{}}, "checkpoint_cache: "},
		{"checkpoint_cache", map[string]any{"label": "a", "memory": map[string]any{}}, "checkpoint_cache: got a label"},
		{"metrics_address", "0.0.0.0:4196", "metrics_address: got \"0.0.0.0:4196\", want a loopback address"},
		{"metrics_address", "4196", "metrics_address: got \"4196\""},
		{"metrics_address", 4196, "metrics_address: got 4196"},
		{"oversized_path", true, "oversized_path: got true"},
	} {
		h := startPlugin(t)
		got := h.init(settings(t, server, t.TempDir(), map[string]any{test.field: test.value}))
		require.Contains(t, got, test.want)
		require.NotContains(t, got, "\n", "one error")
		require.NotRegexp(t, `\(\d+,\d+\)`, got, "a place in a text that nobody has seen")
	}
	require.Empty(t, server.Requests(), "before any request")
}

// The host has put in its variables already.
func TestVariablesAreLeftAlone(t *testing.T) {
	t.Setenv("SOMETHING", "else")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	h := startPlugin(t)
	require.Contains(t, h.init(settings(t, server, t.TempDir(), map[string]any{"api": "${SOMETHING}"})), `got "${SOMETHING}"`)
}

func TestOversizedPath(t *testing.T) {
	for want, fields := range map[string]map[string]any{
		"chronicle_detection_alerts_oversized.jsonl": {},
		"mine_oversized.jsonl":                       {"checkpoint_cache_key": "mine", "checkpoint_cache": map[string]any{"redis": map[string]any{}}},
		"state/mine_oversized.jsonl":                 {"checkpoint_cache_key": "mine", "checkpoint_cache": map[string]any{"file": map[string]any{"directory": "./state"}}},
		"dir/mine_oversized.jsonl":                   {"checkpoint_cache_key": "mine", "checkpoint_dir": "./dir"},
		"elsewhere":                                  {"oversized_path": "elsewhere"},
	} {
		conf, err := parseConfig(fields)
		require.NoError(t, err)
		require.Equal(t, want, conf.oversizedPath)
	}
}

// A host hands over nothing for an object that is left empty.
func TestEmptyObjectsAreDefaults(t *testing.T) {
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	for _, name := range []string{"backoff", "tls"} {
		for _, empty := range []any{nil, map[string]any{}} {
			h := startPlugin(t)
			require.Empty(t, h.init(settings(t, server, t.TempDir(), map[string]any{name: empty})))
			h.close()
		}
	}
}
