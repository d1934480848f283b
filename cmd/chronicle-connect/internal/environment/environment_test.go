package environment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

func TestVariables(t *testing.T) {
	t.Setenv("TEST_WEBHOOK_URL", "https://example.com/secret\n")
	t.Setenv("TEST_EMPTY", " \n")
	t.Setenv("TEST_REGION", "europe-west2")
	t.Setenv("TEST_REDIS_URL", "redis://me:hunter22@example.com:6379")
	redactor := &redact.Redactor{}
	variables := New(redactor)
	value, found := variables.Lookup(t.Context(), "TEST_WEBHOOK_URL")
	require.True(t, found)
	require.Equal(t, "https://example.com/secret", value)
	_, found = variables.Lookup(t.Context(), "TEST_EMPTY")
	require.False(t, found)
	for _, name := range []string{"TEST_REGION", "TEST_REDIS_URL"} {
		_, found = variables.Lookup(t.Context(), name)
		require.True(t, found)
	}
	require.Equal(t, "${TEST_WEBHOOK_URL} europe-west2 redis://${TEST_REDIS_URL}@example.com:6379",
		string(redactor.Redact([]byte("https://example.com/secret europe-west2 redis://me:hunter22@example.com:6379"))))
	require.NoError(t, variables.Err())
}

func TestClean(t *testing.T) {
	for value, want := range map[string]string{
		"v": "v", "": "", " v\r\n": "v", "\tv ": "v",
		`"v"`: "v", `'v'`: "v", "\"v\"\n": "v", `" v "`: " v ", `""`: "", `'"v"'`: `"v"`,
		`"v`: `"v`, `v"`: `v"`, `"`: `"`, `"v'`: `"v'`, `"a","b"`: `"a","b"`, `"a\"b"`: `"a\"b"`,
		"{\n  \"type\": \"x\",\r\n  \"n\": 1.0\n}\n": `{"type":"x","n":1.0}`,
		"{\"type\": \"x\"}":                          `{"type": "x"}`,
		"no\njson":                                   "no\njson",
	} {
		require.Equal(t, want, clean(value), "%q", value)
	}
}

// A value is written as its places want it. What they can't all have is named.
func TestLookupOfPlaces(t *testing.T) {
	for _, test := range []struct{ name, config, value, want, err string }{
		{"as it is", "a: '${V}'\nb: \"${V}\"\nc: ${V}\n# ${V}", "plain", "plain", ""},
		{"in single quotes", "a: '${V}'\nb: '${V:x}'", "it's", "it''s", ""},
		{"in single and double quotes", "a: '${V}'\nb: \"${V}\"", "it's", "", "environment variable V: it has characters that are written in one way in FILE, line 1, and in another in FILE, line 2"},
		{"in triple quotes", "a: |\n  root = \"\"\"${V}\"\"\"", `it """`, "", "environment variable V: FILE, line 2: it stands in triple quotes"},
		{"in a comment", "a: '${V}' # ${V}", "two\nlines", "", "would end the comment in FILE, line 1"},
		{"in a list", "a: [ '${V}' ]", "a, b", "a,b", ""},
		{"in no file", "", "it's", "it's", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "config.yaml")
			require.NoError(t, os.WriteFile(file, []byte(test.config), 0o600))
			t.Chdir(filepath.Dir(file))
			require.NoError(t, os.Rename(file, "FILE"))
			t.Setenv("V", test.value)
			variables := New(&redact.Redactor{})
			variables.Read("FILE", "missing")
			written, found := variables.Lookup(t.Context(), "V")
			require.Equal(t, test.err == "", found)
			require.Equal(t, test.want, written)
			if test.err == "" {
				require.NoError(t, variables.Err())
			} else {
				require.ErrorContains(t, variables.Err(), test.err)
				require.NotContains(t, variables.Err().Error(), test.value)
			}
		})
	}
}
