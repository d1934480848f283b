//go:build !minimal

package pipelines

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/editorschema"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
)

const editorSchema = "config/chronicle-connect.schema.json"

// The schema for editors is what the components that are linked make of it.
func TestEditorSchemaIsUpToDate(t *testing.T) {
	full, err := service.GlobalEnvironment().FullConfigSchema("", "").MarshalJSONV0()
	require.NoError(t, err)
	made, err := editorschema.Make(full)
	require.NoError(t, err)
	written, err := os.ReadFile(repository.Path(t, editorSchema))
	require.NoError(t, err)
	require.True(t, bytes.Equal(made, written), "%s is stale: run go generate ./cmd/chronicle-connect/internal/editorschema/...", editorSchema)
}

// Every pipeline begins with the line by which an editor finds the schema, and is
// right by it.
func TestPipelinesFollowTheEditorSchema(t *testing.T) {
	schema := compiledEditorSchema(t)
	files := 0
	for _, folder := range []string{"config", "examples"} {
		tree := os.DirFS(repository.Path(t))
		require.NoError(t, fs.WalkDir(tree, folder, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(file) != ".yaml" {
				return err
			}
			content, err := fs.ReadFile(tree, file)
			require.NoError(t, err)
			var document yaml.Node
			require.NoError(t, yaml.Unmarshal(content, &document), file)
			// What a stock Redpanda Connect loads has a cache inside of the input, which a
			// plugin in a process of its own can't share.
			if !isPipeline(document.Content[0]) || strings.HasPrefix(file, "examples/stock-connect/") {
				return nil
			}
			files++
			t.Run(file, func(t *testing.T) {
				require.NoError(t, schema.Validate(yamlValue(t, content)))
				if strings.HasSuffix(file, "_benthos_test.yaml") {
					return
				}
				schemaPath, err := filepath.Rel(path.Dir(file), editorSchema)
				require.NoError(t, err)
				first, _, _ := strings.Cut(string(content), "\n")
				require.Equal(t, "# yaml-language-server: $schema="+filepath.ToSlash(schemaPath), first, "the first line of %s", file)
			})
			return nil
		}))
	}
	require.GreaterOrEqual(t, files, 20)
}

func TestExamplesOfTheReferenceFollowTheEditorSchema(t *testing.T) {
	schema := compiledEditorSchema(t)
	view, found := service.GlobalEnvironment().GetInputConfig("chronicle_detection_alerts")
	require.True(t, found)
	spec, err := view.TemplateData()
	require.NoError(t, err)
	require.NotEmpty(t, spec.Examples)
	for _, example := range spec.Examples {
		t.Run(example.Title, func(t *testing.T) {
			require.NoError(t, schema.Validate(yamlValue(t, []byte(example.Config))))
		})
	}
}

func TestEditorSchemaTellsRightFromWrong(t *testing.T) {
	schema := compiledEditorSchema(t)
	for _, right := range []string{
		"input: { chronicle_detection_alerts: {} }",
		"input: { chronicle_detection_alerts: { detection_batch_size: 10, auto_replay_nacks: false } }",
		"input: { chronicle_detection_alerts: { detection_batch_size: '${SIZE:10}', auto_replay_nacks: '${AGAIN:true}' } }",
		"input: { chronicle_detection_alerts: { on_unresumable_position: '${WHAT:fail}' } }",
		"cache_resources: [{ label: state, file: { directory: ./state } }]",
	} {
		require.NoError(t, schema.Validate(yamlValue(t, []byte(right))), right)
	}
	for _, wrong := range []struct{ config, complaint string }{
		{"input: { chronicle_detection_alerts: { starttime: 1h } }", "additional properties 'starttime' not allowed"},
		{"input: { chronicle_detection_alerts: { backoff: { max_intervall: 1h } } }", "additional properties 'max_intervall' not allowed"},
		{"input: { chronicle_detection_alert: {} }", "additional properties 'chronicle_detection_alert' not allowed"},
		{"output: { broker: { outputs: [{ kafka_frans: {} }] } }", "additional properties 'kafka_frans' not allowed"},
		{"inputs: { chronicle_detection_alerts: {} }", "additional properties 'inputs' not allowed"},
		{"input: { chronicle_detection_alerts: { detection_batch_size: ten } }", "'ten' does not match pattern"},
		{"input: { chronicle_detection_alerts: { auto_replay_nacks: perhaps } }", "'perhaps' does not match pattern"},
		{"input: { chronicle_detection_alerts: { on_unresumable_position: faill } }", "value must be one of"},
		{"input: { chronicle_detection_alerts: { tls: yes please } }", "want object"},
		{"output: { file: { codec: lines } }", "missing property 'path'"},
	} {
		require.ErrorContains(t, schema.Validate(yamlValue(t, []byte(wrong.config))), wrong.complaint, wrong.config)
	}
}

// compiledEditorSchema is the file of the repository, which has to be a schema by
// draft-07's own.
func compiledEditorSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	content, err := os.ReadFile(repository.Path(t, editorSchema))
	require.NoError(t, err)
	require.Less(t, len(content), 2_000_000, "an editor reads it at every start")
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("schema.json", document))
	schema, err := compiler.Compile("schema.json")
	require.NoError(t, err)
	return schema
}

// yamlValue is what a YAML document says, as a validator of JSON wants it.
func yamlValue(t *testing.T, content []byte) any {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal(content, &value))
	asJSON, err := json.Marshal(value)
	require.NoError(t, err)
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	require.NoError(t, err)
	return instance
}
