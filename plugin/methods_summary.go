package plugin

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/detection"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/formats"
)

const summaryDescription = `The view of a detection that people need, as an object: ` + "`this.chronicle_summary().headline`" + `. It is called on a parsed detection, or on one as text or bytes: ` + "`content().chronicle_summary()`" + ` is the faster way. It never fails: what is no detection has a summary that says so little. Texts are clean, which is to say without control, bidirectional and invisible characters, and on one line, but for the description; markup in them is not escaped.`

// registerSummary registers the method chronicle_summary.
func registerSummary() {
	bloblang.MustRegisterMethodV2("chronicle_summary",
		bloblang.NewPluginSpec().Category("Google").Description(summaryDescription),
		func(*bloblang.ParsedParams) (bloblang.Method, error) {
			return func(v any) (any, error) {
				switch text := v.(type) {
				case string:
					v = formats.Parse(text)
				case []byte:
					v = formats.Parse(string(text))
				}
				return detection.Summarize(v).Object(), nil
			}, nil
		})
}
