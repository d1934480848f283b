package rpcplugin

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Whatever the manifest hands over by default, is what the built-in input has by
// default.
func TestManifestHasTheInputsDefaults(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, printManifest(&text))
	var got manifest
	require.NoError(t, yaml.Unmarshal(text.Bytes(), &got))
	require.Equal(t, "chronicle_detection_alerts", got.Name)
	require.Equal(t, "input", got.Type)
	require.Equal(t, []string{"chronicle-connect", "rpc-plugin"}, got.Command)
	require.NotEmpty(t, got.Summary)
	require.Contains(t, got.Description, "chronicle_detection_id")

	view, _ := service.GlobalEnvironment().GetInputConfig(inputName)
	data, err := view.TemplateData()
	require.NoError(t, err)
	described := map[string]string{}
	for _, field := range data.Fields {
		described[field.FullName] = field.Description
	}
	fields := map[string]any{}
	for _, field := range got.Fields {
		fields[field.Name] = field.Default
		require.NotEmpty(t, field.Description, field.Name)
		switch field.Name {
		case fieldCache, fieldMetricsAddress, fieldOversizedPath:
		default:
			require.Contains(t, described, field.Name)
		}
	}
	for name := range described {
		if !bytes.Contains([]byte(name), []byte(".")) {
			require.Contains(t, fields, name, "the input has it")
		}
	}
	// It lints and builds.
	conf, err := parseConfig(fields)
	require.NoError(t, err)
	require.NotContains(t, conf.input, fieldMetricsAddress)
	builder := service.NewResourceBuilder()
	require.NoError(t, conf.addTo(builder))
}
