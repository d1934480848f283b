package filter

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// The errors of what follows say what a setting got and what it wants; it is for the
// caller to say which one it is.

// list is a list with commas. Spaces around an element, and empty ones, don't count.
func list(text string) (elements []string) {
	for element := range strings.SplitSeq(text, ",") {
		if element = strings.TrimSpace(element); element != "" {
			elements = append(elements, element)
		}
	}
	return elements
}

// each parses every element of a list.
func each[T any](text string, parse func(element string) (T, error)) (all []T, err error) {
	var wrong []error
	for _, element := range list(text) {
		parsed, err := parse(element)
		if err != nil {
			wrong = append(wrong, err)
		}
		all = append(all, parsed)
	}
	return all, errors.Join(wrong...)
}

const (
	wantSeverity          = "NONE, INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL"
	wantSeverityOrUnknown = "NONE, INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL or UNKNOWN"
)

// ParseMinSeverity parses the least severity, or nothing.
func ParseMinSeverity(text string) (words.Severity, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	severity := words.SeverityOf(text)
	if severity == words.Unknown {
		return "", fmt.Errorf("got %q, want %s", text, wantSeverity)
	}
	return severity, nil
}

// ParseSeverities parses a list of severities. All words of Chronicle's that say
// nothing are UNKNOWN.
func ParseSeverities(text string) ([]words.Severity, error) {
	return each(text, func(element string) (words.Severity, error) {
		severity := words.SeverityOf(element)
		if severity == words.Unknown && !unknown.MatchString(element) {
			return "", fmt.Errorf("got %q, want %s", element, wantSeverityOrUnknown)
		}
		return severity, nil
	})
}

var unknown = regexp.MustCompile(`(?i)^(UNKNOWN|UNKNOWN_SEVERITY|ERROR)$`)

// ParseTypes parses a list of types.
func ParseTypes(text string) ([]string, error) { return each(text, parseType) }

// ParseRuleIDs parses a list of rules' ids.
func ParseRuleIDs(text string) ([]string, error) {
	return each(text, func(element string) (string, error) {
		if id, _, found := strings.Cut(element, "@"); found {
			return "", fmt.Errorf("got %q, want the id of a rule without a version, %q", element, id)
		}
		return element, nil
	})
}

// ParseRules parses a list of regular expressions.
func ParseRules(text string) ([]*regexp.Regexp, error) {
	return each(text, func(element string) (*regexp.Regexp, error) {
		pattern, err := regexp.Compile(element)
		if err != nil {
			return nil, fmt.Errorf("got %q, want a regular expression: %w", element, err)
		}
		return pattern, nil
	})
}
