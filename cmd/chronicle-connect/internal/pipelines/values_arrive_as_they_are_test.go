package pipelines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
)

// A password with quotes, backslashes and line breaks arrives as it is, in whichever
// quotes a config has its variable.
func TestValuesArriveAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	path, output := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(path, []byte(`
http: {enabled: false}
input:
  generate: {count: 1, mapping: 'root = {}'}
pipeline:
  processors:
    - mapping: |
        root.block = "${IN_A_BLOCK}"
    - mutation: 'root.quoted = "${IN_QUOTES}"'
    - branch:
        processors:
          - cache: {resource: values, operator: get, key: single}
        result_map: root.single = content().string()
    - branch:
        processors:
          - cache: {resource: values, operator: get, key: double}
        result_map: root.double = content().string()
    - branch:
        processors:
          - cache: {resource: values, operator: get, key: plain}
        result_map: root.plain = content().string()
cache_resources:
  - label: values
    memory:
      init_values:
        single: '${SINGLE}'
        double: "${DOUBLE}"
        plain: ${PLAIN}
output:
  file: {path: '${OUTPUT}', codec: lines}
`), 0o600))
	t.Setenv("OUTPUT", output)
	for _, value := range []string{
		`it's "a" \ back\nslash # and: more`, `"""`, "two\nlines", "%x {a} [b] &c *d !e `f` ,", "-----BEGIN KEY-----\na\n-----END KEY-----",
	} {
		want := map[string]string{}
		for variable, key := range map[string]string{"IN_A_BLOCK": "block", "IN_QUOTES": "quoted", "SINGLE": "single", "DOUBLE": "double", "PLAIN": "plain"} {
			t.Setenv(variable, value)
			want[key] = value
		}
		code, _, stderr := programtest.Execute(t, "lint", path)
		require.Zero(t, code, stderr)
		code, log, stderr := programtest.Execute(t, "run", path)
		require.Zero(t, code, "%s%s", log, stderr)
		written, err := os.ReadFile(output)
		require.NoError(t, err)
		var got map[string]string
		require.NoError(t, json.Unmarshal(written, &got))
		require.Equal(t, want, got)
		require.NoError(t, os.Remove(output))
	}
}

// What can't be written ends the start, or the lint, with the variable's name and
// without its value.
func TestValuesThatCannotBeWrittenAreNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
input:
  generate:
    mapping: |
      root = """${TEST_TEXT:}"""
output:
  drop: {}
`), 0o600))
	t.Setenv("TEST_TEXT", `hunter2 """ hunter2`)
	for _, command := range []string{"run", "lint", "check"} {
		code, stdout, stderr := programtest.Execute(t, command, path)
		require.Equal(t, 1, code, command)
		require.Contains(t, stderr, "environment variable TEST_TEXT: "+path+", line 5: it stands in triple quotes, which take neither those nor a quote at the end", command)
		require.NotContains(t, stdout+stderr, "hunter2")
	}
}

func TestRunWantsAConfig(t *testing.T) {
	code, stdout, _ := programtest.Execute(t)
	require.Zero(t, code)
	require.Contains(t, stdout, "streams the detection alerts of Google Chronicle")
	for _, args := range [][]string{{"run"}, {"--log.level", "debug"}} {
		code, _, stderr := programtest.Execute(t, args...)
		require.Equal(t, 1, code)
		require.Contains(t, stderr, "run wants a config, such as ./config/print.yaml")
	}
}
