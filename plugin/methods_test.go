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
		`root = @chronicle_severity.chronicle_severity()`:               "INFORMATIONAL",
		`root = @chronicle_severity.chronicle_severity_level()`:         int64(1),
		`root = @chronicle_detection_type.chronicle_type()`:             "GCTI_FINDING",
		`root = @missing.chronicle_severity()`:                          "UNKNOWN",
		`root = @missing.chronicle_severity_level() == null`:            true,
		`root = @missing.chronicle_type()`:                              "",
		`root = this.severity.chronicle_severity()`:                     "UNKNOWN",
		`root = [ "a" ].chronicle_severity()`:                           "UNKNOWN",
		`root = 5.chronicle_severity_level() == null`:                   true,
		`root = "HIGH".chronicle_severity_level()`:                      int64(4),
		`root = ("LOW".chronicle_severity_level() | 5) < 3`:             true,
		`root = ("UNKNOWN".chronicle_severity_level() | 5) < 3`:         false,
		`root = ["Info","ERROR"].map_each(s -> s.chronicle_severity())`: []any{"INFORMATIONAL", "UNKNOWN"},
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
