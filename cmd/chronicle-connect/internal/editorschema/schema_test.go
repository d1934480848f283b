package editorschema

import (
	"encoding/json"
	"testing"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
)

func TestFields(t *testing.T) {
	for _, c := range []struct{ name, field, want string }{
		{
			"a number may be a variable", `{"type":"int","kind":"scalar","description":"A count.","default":5}`,
			`{"type":["integer","string"],"pattern":"^-?[0-9]+$|\\$\\{","description":"A count.","default":5}`,
		},
		{
			"a list", `{"type":"string","kind":"array"}`,
			`{"type":"array","items":{"type":["string","number","boolean"]}}`,
		},
		{
			"a list of lists", `{"type":"string","kind":"2darray"}`,
			`{"type":"array","items":{"type":"array","items":{"type":["string","number","boolean"]}}}`,
		},
		{
			"components by name", `{"type":"output","kind":"map","short_description":"Short.","description":"Long."}`,
			`{"type":"object","additionalProperties":{"$ref":"#/definitions/output"},"description":"Short."}`,
		},
		{
			"a choice may be a variable", `{"type":"string","kind":"scalar","annotated_options":[["a","The first."],["b","The second."]]}`,
			`{"anyOf":[{"enum":["a","b"],"enumDescriptions":["The first.","The second."]},{"type":"string","pattern":"\\$\\{"}]}`,
		},
		{
			"what has to be there", `{"type":"object","kind":"scalar","children":[
				{"name":"z","type":"unknown"},{"name":"a","type":"unknown"},{"name":"o","type":"unknown","is_optional":true},
				{"name":"d","type":"unknown","default":null},{"name":"old","type":"unknown","is_deprecated":true},
				{"name":"in","type":"object","children":[{"name":"d","type":"unknown","default":1}]}]}`,
			`{"type":"object","additionalProperties":false,"required":["a","z"],"properties":{
				"z":{},"a":{},"o":{},"d":{"default":null},"old":{"doNotSuggest":true,"deprecationMessage":"Deprecated."},
				"in":{"type":"object","additionalProperties":false,"properties":{"d":{"default":1}}}}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var parsed field
			require.NoError(t, json.Unmarshal([]byte(c.field), &parsed))
			made, err := json.Marshal(ofField(parsed))
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(made))
		})
	}
}

func TestMakeIsTheSameEachTime(t *testing.T) {
	full, err := service.GlobalEnvironment().FullConfigSchema("", "").MarshalJSONV0()
	require.NoError(t, err)
	first, err := Make(full)
	require.NoError(t, err)
	again, err := Make(full)
	require.NoError(t, err)
	require.Equal(t, string(first), string(again))
}

func TestMakeRefusesWhatIsNone(t *testing.T) {
	_, err := Make([]byte("{"))
	require.ErrorContains(t, err, "reading Benthos' description of itself")
	_, err = Make([]byte(`{"inputs":[]}`))
	require.ErrorContains(t, err, "no component of the kind")
}
