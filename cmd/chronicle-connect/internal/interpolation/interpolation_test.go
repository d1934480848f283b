package interpolation

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure" // for the cache memory
	"github.com/redpanda-data/benthos/v4/public/service"
)

// awkward are values as people's passwords are, and some as nobody's are.
var awkward = []string{
	"plain", `it's`, `''`, `say "hi"`, `back\slash`, `ends in \`, `\n is no break`, "two\nlines", "a\n\nb",
	`three """ quotes`, `"""`, `a#b`, `a #b`, `# no comment`, `key: value`, `key:`, `: value`, `- item`, `[1, 2`, `{a`, `*alias`, `&anchor`,
	`!tag`, `%percent`, `@at`, "`tick`", `,`, `a, b`, `?`, `|`, `>`, `~`, `true`, `017`, `1e3`, `<&>`, `ünïcödé`, "tab\tinside", "{{x}}", "$", "$x", "${x",
	"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
}

// Wherever a config has a variable, its value arrives as it is. What can't be
// written there is an error that names the variable, and shows nothing of the value.
func TestValuesArriveAsTheyAre(t *testing.T) {
	for name, place := range map[string]struct {
		config string
		refuse func(value string) bool // which values can't be written there
	}{
		"single quotes":                   {config: "k: '${V}'"},
		"single quotes, within a text":    {config: "k: 'before ${V} after'"},
		"double quotes":                   {config: `k: "${V}"`},
		"no quotes":                       {config: "k: ${V}"},
		"no quotes, with a comment":       {config: "k: ${V} # a comment"},
		"a string of Bloblang in a block": {config: "m: |\n  # it's \"a\" comment\n  root = \"\"\"\"\"\" + \"x\\\"\".slice(0, 0) + \"${V}\"\n"},
		"a string of Bloblang without quotes of YAML": {config: `m: root = "${V}".string()`, refuse: func(value string) bool {
			return strings.Contains(value, " #") || strings.Contains(value, ": ")
		}},
		"a string of Bloblang in single quotes": {config: `m: 'root = "${V}"'`},
		"a string of Bloblang in double quotes": {config: `m: "root = \"${V}\""`},
		"triple quotes of Bloblang": {config: "m: |\n  root = \"\"\"${V}\"\"\"\n", refuse: func(value string) bool {
			return strings.Contains(value, `"""`) || strings.HasSuffix(value, `"`) || strings.Contains(value, "\n")
		}},
		"a block": {config: "k: >-\n  ${V}\n", refuse: func(value string) bool { return strings.Contains(value, "\n") }},
	} {
		t.Run(name, func(t *testing.T) {
			for _, value := range awkward {
				lookup := func(string) (string, bool) { return value, true }
				replaced, missing, err := Replace([]byte(place.config), lookup)
				require.Empty(t, missing)
				if place.refuse != nil && place.refuse(value) {
					require.ErrorContains(t, err, "environment variable V in line ", value)
					require.NotContains(t, strings.TrimPrefix(err.Error(), "environment variable V in line "), value)
					continue
				}
				require.NoError(t, err, value)
				want := strings.ReplaceAll("before V after", "V", value)
				if !strings.Contains(place.config, "before") {
					want = value
				}
				require.Equal(t, want, read(t, string(replaced)), "%s", replaced)
			}
		})
	}
}

// read returns the value of k, or what the mapping m makes.
func read(t *testing.T, config string) string {
	t.Helper()
	var document map[string]yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(config), &document), "%s", config)
	if k, ok := document["k"]; ok {
		return k.Value
	}
	mapping, err := bloblang.Parse(document["m"].Value)
	require.NoError(t, err, config)
	made, err := mapping.Query(nil)
	require.NoError(t, err)
	return made.(string)
}

// Benthos puts in what was written, and its own reader gets the value.
func TestBenthosReadsWhatWasWritten(t *testing.T) {
	const config = "cache_resources:\n  - label: c\n    memory:\n      init_values:\n        k: '${V}' # ${V}\n"
	place := Find([]byte(config))[0]
	for _, value := range awkward {
		written, err := place.Write(value)
		require.NoError(t, err)
		builder := service.NewResourceBuilder()
		builder.SetEnvVarLookupFunc(func(context.Context, string) (string, bool) { return written, true })
		if strings.Contains(written, "\r") {
			// What breaks a line ends the comment. It has a place of its own.
			require.NoError(t, builder.AddYAML(strings.ReplaceAll(config, " # ${V}", "")), value)
		} else {
			require.NoError(t, builder.AddYAML(config), value)
		}
		resources, stop, err := builder.Build()
		require.NoError(t, err)
		require.NoError(t, resources.AccessCache(t.Context(), "c", func(cache service.Cache) {
			got, err := cache.Get(t.Context(), "k")
			require.NoError(t, err)
			require.Equal(t, value, string(got))
		}))
		require.NoError(t, stop(t.Context()))
	}
}

func TestTypesOfValuesWithoutQuotes(t *testing.T) {
	for _, test := range []struct{ config, value, want string }{
		{"k: ${V}", "true", "k: true"},
		{"k: ${V:false}", "12", "k: 12"},
		{"k: ${V}", "[ a, b ]", "k: [ a, b ]"},
		{"k: [ ${V} ]", "a,b", "k: [ a,b ]"},
		{"k: [ ${V} ]", "it's, [b", `k: [ "it's,[b" ]`},
		{"k: [ '${V}' ]", "a:1 , b:2,\tc:3", "k: [ 'a:1,b:2,c:3' ]"},
		{"k:\n  - '${V}'", "a, b", "k:\n  - 'a,b'"},
		{"k: '${V}'", "a, b", "k: 'a, b'"},
		{"k: http://${V}/x", "host:80", "k: http://host:80/x"},
		{"k: '${V|base64decode}'", "aXQncw==", "k: 'it''s'"},
		{"k: '${{V}}'", "no", "k: '${V}'"},
		{"# ${V}\nk: 1", "two\nlines", "# two lines\nk: 1"},
		{"k: ${V:it's the default}", "", "k: it's the default"},
		{"no: [yaml: ${V}", "it's", "no: [yaml: it's"},
	} {
		replaced, _, err := Replace([]byte(test.config), func(string) (string, bool) { return test.value, true })
		require.NoError(t, err, test.config)
		require.Equal(t, test.want, string(replaced))
	}
	_, _, err := Replace([]byte("a: b\nk: http://${V}/x"), func(string) (string, bool) { return "x #y", true })
	require.EqualError(t, err, "environment variable V in line 2: it stands without quotes, and changes what the line means; put quotes around it")
}

func TestMissingVariables(t *testing.T) {
	replaced, missing, err := Replace([]byte("a: '${A}${B:b}${A}${C}'"), func(string) (string, bool) { return "", false })
	require.NoError(t, err)
	require.Equal(t, []string{"A", "C"}, missing)
	require.Equal(t, "a: 'b'", string(replaced))
}

func TestProtected(t *testing.T) {
	text := "a: ${A:b} ${B} $C {D}"
	builder := service.NewResourceBuilder()
	require.NoError(t, builder.AddCacheYAML(string(Protect([]byte("label: c\nmemory: { init_values: { k: '"+text+"' } }")))))
	resources, stop, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, resources.AccessCache(t.Context(), "c", func(cache service.Cache) {
		got, err := cache.Get(t.Context(), "k")
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}))
	require.NoError(t, stop(t.Context()))
}
