package plugin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/chronicle-connect/chronicle-connect/plugin"
)

func TestMethods(t *testing.T) {
	for mapping, want := range map[string]any{
		`root = @chronicle_severity.chronicle_severity()`:                 "INFORMATIONAL",
		`root = @chronicle_severity.chronicle_severity_level()`:           int64(1),
		`root = @chronicle_detection_type.chronicle_type()`:               "GCTI_FINDING",
		`root = @missing.chronicle_severity()`:                            "UNKNOWN",
		`root = @missing.chronicle_severity_level() == null`:              true,
		`root = @missing.chronicle_type()`:                                "",
		`root = this.severity.chronicle_severity()`:                       "UNKNOWN",
		`root = [ "a" ].chronicle_severity()`:                             "UNKNOWN",
		`root = 5.chronicle_severity_level() == null`:                     true,
		`root = "HIGH".chronicle_severity_level()`:                        int64(4),
		`root = ("LOW".chronicle_severity_level() | 5) < 3`:               true,
		`root = ("UNKNOWN".chronicle_severity_level() | 5) < 3`:           false,
		`root = ["Info","ERROR"].map_each(s -> s.chronicle_severity())`:   []any{"INFORMATIONAL", "UNKNOWN"},
		`root = content().chronicle_parse_json() == {}`:                   true,
		`root = "{]".chronicle_parse_json() == null`:                      true,
		`root = null.chronicle_first("a.b") == null`:                      true,
		`root = {"a":[{"b":7}]}.chronicle_text("x", "a.0.b").type()`:      "string",
		`root = 5.chronicle_text().type()`:                                "string",
		`root = {"a":{"b":null}}.chronicle_has("a.b")`:                    false,
		`root = {"a":{"b":false}}.chronicle_has("x.y", "a.b")`:            true,
		`root = {"a":"443"}.chronicle_integer("a")`:                       int64(443),
		`root = {"a":443}.chronicle_integer(path: "a", most: 99) == null`: true,
		`root = "10.0.0.1".chronicle_integer("a", 0, 9) == null`:          true,
		`root = {"a":["::1","x"]}.chronicle_addresses("a")`:               []any{"::1"},
		`root = [{"key":"K","value":1}].chronicle_labels("k")`:            []any{"1"},
		`root = { "a": [null, {}] }.chronicle_empty()`:                    true,
		`root = {"a":null,"b":{"c":null}}.chronicle_json("b").string()`:   map[string]any{"b": map[string]any{"c": nil}},
		`root = this.chronicle_summary().title`:                           "Detection",
		`root = content().chronicle_summary().entities.hosts == []`:       true,
		`root = "no JSON".chronicle_summary().severity_level == null`:     true,
		`root = null.chronicle_summary().severity`:                        "UNKNOWN",
		`root = {"detection":[{"ruleName":"r","severity":"high"}],"tags":["T1566"]}.chronicle_summary().(s -> [ s.headline, s.severity_level, s.attack.techniques.0.name ])`: []any{"HIGH r", int64(4), "Phishing"},
	} {
		executor, err := bloblang.Parse(mapping)
		require.NoError(t, err, mapping)
		message := service.NewMessage([]byte(`{}`))
		message.MetaSetMut("chronicle_severity", "INFO")
		message.MetaSetMut("chronicle_detection_type", "UPPERCASE_ALERT")
		mapped, err := message.BloblangQuery(executor)
		require.NoError(t, err, mapping)
		got, err := mapped.AsStructured()
		if err != nil { // a text is no JSON
			text, _ := mapped.AsBytes()
			got = string(text)
		}
		require.Equal(t, want, got, mapping)
	}
}
