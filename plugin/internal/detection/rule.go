package detection

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// A Rule is what made the detection.
type Rule struct {
	ID, Name, Version string
	Set               string // of a curated rule, by name
	URL               string // what the rule's author refers to
}

// ruleView is what the elements of "detection" say, a list that usually has one.
type ruleView struct {
	rules  []object
	labels []field
	fields []field
}

func readRules(detection object) (s ruleView) {
	objects(detection["detection"], func(rule object) bool {
		s.rules = append(s.rules, rule)
		return len(s.rules) < maxRules
	})
	for _, rule := range s.rules {
		objects(rule["ruleLabels"], func(label object) bool {
			if values := valuesOf(label["value"]); len(values) > 0 {
				s.labels = append(s.labels, field{name: strings.ToLower(line(label["key"], maxName)), values: values})
			}
			return len(s.labels) < maxScanned
		})
	}
	s.fields = fieldsOf(s.rules)
	return s
}

// of is the first text that an element has by one of the names: for each name all
// elements are asked before the next name.
func (s ruleView) of(limit int, names ...string) string {
	for _, name := range names {
		for _, rule := range s.rules {
			if text := line(rule[name], limit); text != "" {
				return text
			}
		}
	}
	return ""
}

// label is the value of the first label with one of the keys.
func (s ruleView) label(keys ...string) string {
	for _, key := range keys {
		for _, label := range s.labels {
			if label.name == key {
				return label.values[0]
			}
		}
	}
	return ""
}

// severity is the first that says something: of the elements, of the labels, of the
// variable or outcome risk_score. The field riskScore is not asked, since it has a
// default where the rule does not set it.
func (s ruleView) severity() words.Severity {
	for _, rule := range s.rules {
		if severity := words.SeverityOf(scalar(rule["severity"])); severity != words.Unknown {
			return severity
		}
	}
	for _, label := range s.labels {
		if label.name == "severity" {
			if severity := words.SeverityOf(label.values[0]); severity != words.Unknown {
				return severity
			}
		}
	}
	if score, ok := s.scored(); ok {
		return banded(score)
	}
	return words.Unknown
}

// banded is the severity of a risk score by Google's bands.
func banded(score float64) words.Severity {
	switch {
	case score >= 90:
		return words.Critical
	case score >= 80:
		return words.High
	case score >= 50:
		return words.Medium
	case score >= 20:
		return words.Low
	case score >= 0:
		return words.Informational
	}
	return words.Unknown
}

// scored is the variable or outcome risk_score.
func (s ruleView) scored() (score float64, ok bool) {
	for _, f := range s.fields {
		if f.name == "risk_score" {
			return number(f.values[0])
		}
	}
	return 0, false
}

// riskScore is what the rule set as the score, or else what the detection has, or nil.
func (s ruleView) riskScore() *float64 {
	if score, ok := s.scored(); ok {
		return &score
	}
	for _, rule := range s.rules {
		if score, ok := number(rule["riskScore"]); ok {
			return &score
		}
	}
	return nil
}

func (s ruleView) rule() Rule {
	return Rule{
		ID:      s.of(maxName, "ruleId"),
		Name:    s.of(maxName, "ruleName"),
		Version: s.of(maxName, "ruleVersion"),
		Set:     s.of(maxName, "ruleSetDisplayName", "rulesetCategoryDisplayName", "ruleSet"),
		URL:     webAddress(s.label("reference", "references", "reference_url", "rule_url", "url", "link", "documentation")),
	}
}

var generic = regexp.MustCompile(`(?i)^(?:rule|curated|gcti)?[ _]*(?:detections?|findings?|alerts?)$`)

// titleOf is the name that people know the detection by: what the rule is shown as, or
// what it is called, and of an alert that another system made, what made it there. A
// text such as "Rule Detection", which curated rules have, names nothing.
func (s ruleView) titleOf(detection object, kind string) string {
	soar := in(detection, "soarAlertMetadata")
	sourceRule := line(soar["sourceRule"], maxTitle)
	candidates := []string{s.of(maxTitle, "displayName")}
	if kind == "SOAR_ALERT" {
		candidates = append(candidates, sourceRule)
	}
	candidates = append(candidates, s.of(maxTitle, "ruleName"), sourceRule, s.of(maxTitle, "summary"))
	if system := strings.Join(nonEmpty(line(soar["vendor"], maxName), firstLine(maxName, soar["product"], soar["sourceSystem"])), " "); system != "" {
		candidates = append(candidates, "Alert of "+system)
	}
	candidates = append(candidates, securityTitle(detection), s.of(maxTitle, "ruleSetDisplayName", "ruleId"))
	for _, title := range candidates {
		if title != "" && !generic.MatchString(title) {
			return title
		}
	}
	return typeTitle(kind)
}

// securityTitle is what the product that saw the first event called it.
func securityTitle(detection object) (title string) {
	references(detection, func(reference object) bool {
		objects(in(reference, "event")["securityResult"], func(result object) bool {
			title = firstLine(maxTitle, result["threatName"], result["ruleName"], result["summary"])
			return title == ""
		})
		return title == "" && reference["event"] == nil
	})
	return title
}

// typeTitle is a type in the words of people.
func typeTitle(kind string) string {
	switch kind {
	case "COLLECTION_TYPE_UNSPECIFIED":
		return "Detection"
	case "GCTI_FINDING":
		return "Curated detection"
	case "SOAR_ALERT":
		return "SOAR alert"
	}
	title := Clean(strings.ToLower(strings.ReplaceAll(kind, "_", " ")), maxTitle)
	if title == "" {
		return "Detection"
	}
	_, size := utf8.DecodeRuneInString(title)
	return strings.ToUpper(title[:size]) + title[size:]
}

// describe is what the rule says of what it found, with its line breaks.
func (s ruleView) describe(title string) string {
	for _, name := range []string{"description", "summary"} {
		for _, rule := range s.rules {
			text := CleanLines(scalar(rule[name]), maxDescription)
			if text != "" && text != title && !generic.MatchString(text) {
				return text
			}
		}
		if name == "description" {
			if text := s.rawLabel("description"); text != "" {
				return text
			}
		}
	}
	return ""
}

// rawLabel is a label's value with its line breaks.
func (s ruleView) rawLabel(key string) (text string) {
	for _, rule := range s.rules {
		objects(rule["ruleLabels"], func(label object) bool {
			if strings.EqualFold(scalar(label["key"]), key) {
				text = CleanLines(scalar(label["value"]), maxDescription)
			}
			return text == ""
		})
		if text != "" {
			break
		}
	}
	return text
}

// webAddress is text if it is the address of a page, in ASCII and without what delimits
// links in any markup, else empty. One that was cut is none.
func webAddress(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || rest == "" || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return ""
	}
	if strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune("\"<>`|\\", c) }) {
		return ""
	}
	return text
}
