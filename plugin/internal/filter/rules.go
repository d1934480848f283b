package filter

import (
	"regexp"
	"slices"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// Rules are what a detection has to pass, all of them. An empty list lets everything
// pass.
type Rules struct {
	IncludeTypes, ExcludeTypes           []string
	MinSeverity                          words.Severity // empty for none
	IncludeSeverities, ExcludeSeverities []words.Severity
	IncludeRuleIDs, ExcludeRuleIDs       []string
	IncludeRules, ExcludeRules           []*regexp.Regexp
}

// A Detection is what is asked of one, as it was received. What is missing is empty.
type Detection struct {
	Type, Severity, RuleID, RuleName string
}

// What a detection didn't pass for.
const (
	ByType     = "type"
	BySeverity = "severity"
	ByRuleID   = "rule_id"
	ByRule     = "rule"
)

// Drop is what drops the detection, one of the above, or empty where it passes.
func (r *Rules) Drop(d Detection) (by string) {
	switch {
	case !passes(words.TypeOf(d.Type), r.IncludeTypes, r.ExcludeTypes):
		return ByType
	case !r.severe(words.SeverityOf(d.Severity)):
		return BySeverity
	case !passes(d.RuleID, r.IncludeRuleIDs, r.ExcludeRuleIDs):
		return ByRuleID
	case !r.named(d.RuleName):
		return ByRule
	}
	return ""
}

func passes(value string, include, exclude []string) bool {
	return !slices.Contains(exclude, value) && (len(include) == 0 || slices.Contains(include, value))
}

// severe tells whether a severity passes. One that isn't known can't be told from a
// critical one, so only its own exclusion drops it.
func (r *Rules) severe(severity words.Severity) bool {
	if slices.Contains(r.ExcludeSeverities, severity) {
		return false
	}
	level, known := severity.Level()
	if !known {
		return true
	}
	if least, _ := r.MinSeverity.Level(); r.MinSeverity != "" && level < least {
		return false
	}
	return len(r.IncludeSeverities) == 0 || slices.Contains(r.IncludeSeverities, severity)
}

func (r *Rules) named(name string) bool {
	found := func(pattern *regexp.Regexp) bool { return pattern.MatchString(name) }
	return !slices.ContainsFunc(r.ExcludeRules, found) &&
		(len(r.IncludeRules) == 0 || slices.ContainsFunc(r.IncludeRules, found))
}
