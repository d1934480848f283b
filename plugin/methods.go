package plugin

import (
	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// Methods of Bloblang for the words that all mappings have to read alike. None of
// them fails, whatever it is called on.
func registerMethods() {
	register := func(name, description string, of func(received string) any) {
		bloblang.MustRegisterMethodV2(name, bloblang.NewPluginSpec().Category("Google").Description(description),
			func(*bloblang.ParsedParams) (bloblang.Method, error) {
				return func(v any) (any, error) {
					received, _ := v.(string)
					return of(received), nil
				}, nil
			})
	}
	register("chronicle_severity",
		"A severity in one spelling: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, `INFORMATIONAL` (also for `INFO`), `NONE`, or else `UNKNOWN`, whatever its case. Null and what is no text are `UNKNOWN`.",
		func(received string) any { return string(words.SeverityOf(received)) })
	register("chronicle_severity_level",
		"How severe a severity is, from 0 for `NONE` and 1 for `INFORMATIONAL` to 5 for `CRITICAL`; null where that isn't known.",
		func(received string) any {
			if level, known := words.SeverityOf(received).Level(); known {
				return int64(level)
			}
			return nil
		})
	register("chronicle_type",
		"The type of a detection in one spelling: in upper case, and `GCTI_FINDING` for `UPPERCASE_ALERT`. Null and what is no text are an empty text.",
		func(received string) any { return words.TypeOf(received) })
}
