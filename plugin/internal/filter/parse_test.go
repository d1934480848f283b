package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/filter"
)

func TestWrongSettings(t *testing.T) {
	of := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	minSeverity := func(text string) string { _, err := filter.ParseMinSeverity(text); return of(err) }
	severities := func(text string) string { _, err := filter.ParseSeverities(text); return of(err) }
	types := func(text string) string { _, err := filter.ParseTypes(text); return of(err) }
	ids := func(text string) string { _, err := filter.ParseRuleIDs(text); return of(err) }
	patterns := func(text string) string { _, err := filter.ParseRules(text); return of(err) }

	const least, severity = "NONE, INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL", "NONE, INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL or UNKNOWN"
	for _, c := range []struct {
		check      func(text string) string
		text, want string
	}{
		{minSeverity, " Info ", ""},
		{minSeverity, "hihg", `got "hihg", want ` + least},
		{minSeverity, "HIGH,LOW", `got "HIGH,LOW", want ` + least},
		{minSeverity, "UNKNOWN", `got "UNKNOWN", want ` + least},
		{severities, "ERROR,UNKNOWN_SEVERITY,unknown,None", ""},
		{severities, "LOW,medum", `got "medum", want ` + severity},
		{severities, "a,b", `got "a", want ` + severity + "\n" + `got "b", want ` + severity},
		{types, "SOAR_ALERT,new_type_2", ""},
		{types, "RULE_DETECTIONS", `got "RULE_DETECTIONS", want RULE_DETECTION`},
		{types, "gcti-finding", `got "gcti-finding", want GCTI_FINDING`},
		{types, "rule", `got "rule", want RULE_DETECTION, GCTI_FINDING, UPPERCASE_ALERT, MACHINE_INTELLIGENCE_ALERT, SOAR_ALERT, TELEMETRY_ALERT or another type of Chronicle's`},
		{ids, "ru_1, anything at all", ""},
		{ids, "ru_1@v_2_3", `got "ru_1@v_2_3", want the id of a rule without a version, "ru_1"`},
		{patterns, `a{1}\x2c,[b]`, ""},
		{patterns, "a,(", "got \"(\", want a regular expression: error parsing regexp: missing closing ): `(`"},
	} {
		require.Equal(t, c.want, c.check(c.text), c.text)
	}
}
