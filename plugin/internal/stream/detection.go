package stream

import (
	"strings"
	"unicode/utf8"
)

// A Detection is one detection as it was received, with the fields of it that
// people route by. A field that the detection lacks, or that is no string
// there, is empty.
type Detection struct {
	// Raw is the detection's JSON, byte for byte. It may share memory with its
	// neighbours and must not be written to.
	Raw []byte
	// ID identifies the detection, such as "de_" and a UUID.
	ID string
	// Type is RULE_DETECTION or, for a curated detection, GCTI_FINDING.
	Type string
	// Time is the detectionTime, RFC 3339.
	Time string
	// RuleID and RuleName are those of detection[0].
	RuleID, RuleName string
	// Severity is detection[0].severity or else the rule label of that name
	// (in any case), in upper case.
	Severity string
	// Garbled says that Raw is not valid UTF-8, which JSON has to be. Like
	// encoding/json the decoder takes it all the same: refused, one such
	// detection would hold up the stream for ever.
	Garbled bool
}

// newDetection reads the fields of the detection whose members were noted
// while it was scanned, in one look at its keys and one at detection[0].
func newDetection(raw []byte, members []member, names *interner) Detection {
	d := Detection{Raw: raw, Garbled: !utf8.Valid(raw)}
	for _, m := range members {
		value := raw[m.valueStart:m.valueEnd]
		switch key := names.text(raw[m.keyStart:m.keyEnd]); key {
		case "id":
			d.ID, _ = text(value)
		case "type":
			d.Type = names.text(value)
		case "detectionTime":
			d.Time, _ = text(value)
		case "detection":
			eachItem(value, func(first []byte) bool {
				d.readRule(first, names)
				return false
			})
		}
	}
	return d
}

func (d *Detection) readRule(rule []byte, names *interner) {
	var severity, label string
	eachMember(rule, names, func(key string, value []byte) {
		switch key {
		case "ruleId":
			d.RuleID = names.text(value)
		case "ruleName":
			d.RuleName = names.text(value)
		case "severity":
			severity = names.text(value)
		case "ruleLabels":
			label = severityLabel(value, names)
		}
	})
	if severity == "" {
		severity = label
	}
	d.Severity = strings.ToUpper(severity)
}

func severityLabel(labels []byte, names *interner) (severity string) {
	eachItem(labels, func(label []byte) bool {
		var key, value string
		eachMember(label, names, func(k string, v []byte) {
			switch k {
			case "key":
				key = names.text(v)
			case "value":
				value = names.text(v)
			}
		})
		if strings.EqualFold(key, "severity") {
			severity = value
		}
		return severity == ""
	})
	return severity
}

// An interner keeps one copy of the strings that come again with every
// detection: keys, rule names, severities.
type interner struct{ known map[string]string }

const (
	// internLimit bounds the interner where rules are many or keys hostile;
	// beyond it, it starts anew.
	internLimit = 4096
	// internMaxLen leaves out what is too long to be a name.
	internMaxLen = 256
)

// text is what a JSON string says, "" for any other value.
func (n *interner) text(value []byte) string {
	if len(value) > internMaxLen {
		s, _ := text(value)
		return s
	}
	if s, found := n.known[string(value)]; found {
		return s
	}
	s, isString := text(value)
	if !isString {
		return ""
	}
	if n.known == nil || len(n.known) == internLimit {
		n.known = make(map[string]string)
	}
	n.known[string(value)] = s
	return s
}
