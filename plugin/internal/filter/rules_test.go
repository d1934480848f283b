package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/filter"
)

// rules parses settings that are right, by their fields' names.
func rules(t *testing.T, settings map[string]string) *filter.Rules {
	t.Helper()
	var r filter.Rules
	var err error
	for name, text := range settings {
		switch name {
		case "include_types":
			r.IncludeTypes, err = filter.ParseTypes(text)
		case "exclude_types":
			r.ExcludeTypes, err = filter.ParseTypes(text)
		case "min_severity":
			r.MinSeverity, err = filter.ParseMinSeverity(text)
		case "include_severities":
			r.IncludeSeverities, err = filter.ParseSeverities(text)
		case "exclude_severities":
			r.ExcludeSeverities, err = filter.ParseSeverities(text)
		case "include_rule_ids":
			r.IncludeRuleIDs, err = filter.ParseRuleIDs(text)
		case "exclude_rule_ids":
			r.ExcludeRuleIDs, err = filter.ParseRuleIDs(text)
		case "include_rules":
			r.IncludeRules, err = filter.ParseRules(text)
		case "exclude_rules":
			r.ExcludeRules, err = filter.ParseRules(text)
		default:
			t.Fatal(name)
		}
		require.NoError(t, err)
	}
	return &r
}

func TestDrop(t *testing.T) {
	critical := filter.Detection{Type: "RULE_DETECTION", Severity: "CRITICAL", RuleID: "ru_1", RuleName: "brute_force"}
	low := filter.Detection{Type: "GCTI_FINDING", Severity: "LOW", RuleID: "ur_2", RuleName: "Suspicious Download"}
	info := filter.Detection{Type: "UPPERCASE_ALERT", Severity: "Info"}
	none := filter.Detection{Type: "SOAR_ALERT", Severity: "NONE"}
	mistaken := filter.Detection{Type: "RULE_DETECTION", Severity: "ERROR", RuleID: "ru_3", RuleName: "no_severity"}
	odd := filter.Detection{Type: "NEW_TYPE", Severity: "URGENT"}
	bare := filter.Detection{}
	all := []filter.Detection{critical, low, info, none, mistaken, odd, bare}

	const pass, kind, severity, id, name = "", filter.ByType, filter.BySeverity, filter.ByRuleID, filter.ByRule
	for what, c := range map[string]struct {
		settings map[string]string
		want     []string
	}{
		"nothing set":                 {nil, []string{pass, pass, pass, pass, pass, pass, pass}},
		"empty lists":                 {map[string]string{"include_types": " , ", "min_severity": " "}, []string{pass, pass, pass, pass, pass, pass, pass}},
		"a type to include":           {map[string]string{"include_types": " rule_detection "}, []string{pass, kind, kind, kind, pass, kind, kind}},
		"a type to exclude":           {map[string]string{"exclude_types": "RULE_DETECTION,NEW_TYPE"}, []string{kind, pass, pass, pass, kind, kind, pass}},
		"a type under another name":   {map[string]string{"include_types": "UPPERCASE_ALERT"}, []string{kind, pass, pass, kind, kind, kind, kind}},
		"and the other way round":     {map[string]string{"exclude_types": "gcti_finding"}, []string{pass, kind, kind, pass, pass, pass, pass}},
		"a least severity":            {map[string]string{"min_severity": "high"}, []string{pass, severity, severity, severity, pass, pass, pass}},
		"the least severity itself":   {map[string]string{"min_severity": "LOW"}, []string{pass, pass, severity, severity, pass, pass, pass}},
		"INFO is above NONE":          {map[string]string{"min_severity": "INFO"}, []string{pass, pass, pass, severity, pass, pass, pass}},
		"NONE is the lowest":          {map[string]string{"min_severity": "NONE"}, []string{pass, pass, pass, pass, pass, pass, pass}},
		"severities to include":       {map[string]string{"include_severities": "LOW, INFORMATIONAL"}, []string{severity, pass, pass, severity, pass, pass, pass}},
		"severities to exclude":       {map[string]string{"exclude_severities": "critical,INFO"}, []string{severity, pass, severity, pass, pass, pass, pass}},
		"unknown ones to exclude":     {map[string]string{"exclude_severities": "unknown"}, []string{pass, pass, pass, pass, severity, severity, severity}},
		"ids of rules to include":     {map[string]string{"include_rule_ids": "ru_1,ur_2,"}, []string{pass, pass, id, id, id, id, id}},
		"ids of rules to exclude":     {map[string]string{"exclude_rule_ids": "ru_1"}, []string{id, pass, pass, pass, pass, pass, pass}},
		"names of rules to include":   {map[string]string{"include_rules": `^brute, (?i)DOWN\x6coad$`}, []string{pass, pass, name, name, name, name, name}},
		"names of rules to exclude":   {map[string]string{"exclude_rules": "force,^$"}, []string{name, pass, name, name, pass, name, name}},
		"exclusion wins":              {map[string]string{"include_rules": "brute,severity", "exclude_rules": "force"}, []string{name, name, name, name, pass, name, name}},
		"all have to be passed":       {map[string]string{"include_types": "RULE_DETECTION", "min_severity": "HIGH", "exclude_rules": "^no_"}, []string{pass, kind, kind, kind, name, kind, kind}},
		"the first one is the reason": {map[string]string{"min_severity": "CRITICAL", "exclude_rule_ids": "ur_2,ru_1"}, []string{id, severity, severity, severity, pass, pass, pass}},
	} {
		t.Run(what, func(t *testing.T) {
			r := rules(t, c.settings)
			got := make([]string, len(all))
			for i, d := range all {
				got[i] = r.Drop(d)
			}
			require.Equal(t, c.want, got)
		})
	}
}
