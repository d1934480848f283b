package stream

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A Detection is one detection as it was received, and once a [FieldReader] has
// read them, the fields of it that people route by. A field that the detection
// lacks, or that is no string there, is empty.
type Detection struct {
	// Raw is the detection's JSON, byte for byte. It may share memory with its
	// neighbours and must not be written to.
	Raw   []byte
	spans fieldSpans

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

// A field is one of a detection's own that become metadata.
type field uint8

const (
	noField field = iota
	fieldID
	fieldType
	fieldTime
	fieldDetection
	fieldRuleID
	fieldRuleName
	fieldSeverity
	fieldRuleLabels
	fieldCount
)

// A span is where a value lies.
type span struct{ start, end uint32 }

// fieldSpans are where the fields lie, of a field that comes twice the last.
// Those of noField mean nothing.
type fieldSpans [fieldCount]span

// forgetRule is for a detection that has its rule twice.
func (s *fieldSpans) forgetRule() {
	for f := fieldRuleID; f < fieldCount; f++ {
		s[f] = span{}
	}
}

// fieldOf is the field of a key in its quotes. Any character of it may be
// escaped, which JSON allows and nobody does.
func fieldOf(key []byte, at level) field {
	name := key[1 : len(key)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		unescaped, _ := text(key)
		name = []byte(unescaped)
	}
	if at == ofRule {
		switch string(name) {
		case "ruleId":
			return fieldRuleID
		case "ruleName":
			return fieldRuleName
		case "severity":
			return fieldSeverity
		case "ruleLabels":
			return fieldRuleLabels
		}
		return noField
	}
	switch string(name) {
	case "id":
		return fieldID
	case "type":
		return fieldType
	case "detectionTime":
		return fieldTime
	case "detection":
		return fieldDetection
	}
	return noField
}

// A FieldReader reads the fields of detections, which the decoder has only
// found: that takes about as long as reading from the network does, and can be
// done by another goroutine while the decoder goes on. It is not safe for
// concurrent use.
type FieldReader struct{ names interner }

// Read sets the fields of detections that a decoder has returned.
func (r *FieldReader) Read(detections []Detection) {
	for i := range detections {
		d := &detections[i]
		value := func(f field) []byte { return d.Raw[d.spans[f].start:d.spans[f].end] }
		d.ID, _ = text(value(fieldID))
		d.Type = r.names.text(value(fieldType))
		d.Time, _ = text(value(fieldTime))
		d.RuleID = r.names.text(value(fieldRuleID))
		d.RuleName = r.names.text(value(fieldRuleName))
		severity := r.names.text(value(fieldSeverity))
		if severity == "" {
			severity = severityLabel(value(fieldRuleLabels), &r.names)
		}
		d.Severity = strings.ToUpper(severity)
		d.Garbled = !utf8.Valid(d.Raw)
	}
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
