package stream

import (
	"bytes"
	"cmp"
	"strings"
	"time"
	"unicode/utf8"
)

// A Detection is one detection as it was received.
type Detection struct {
	// Raw is the detection's JSON, byte for byte. It may share memory with its
	// neighbours and must not be written to.
	Raw   []byte
	spans fieldSpans
}

// Fields are what people route a detection by. A field that the detection
// lacks, or that is no string there, is empty.
type Fields struct {
	// ID identifies the detection, such as "de_" and a UUID.
	ID string
	// Type is RULE_DETECTION or, for a curated detection, GCTI_FINDING.
	Type string
	// Time is the detectionTime, RFC 3339.
	Time string
	// RuleID and RuleName are those of detection[0].
	RuleID, RuleName string
	// Severity is that of the first rule in detection that has one, which is its
	// severity or else its rule label of that name (in any case), in upper case.
	Severity string
	// Garbled says that the detection is not valid UTF-8, which JSON has to be.
	// Like encoding/json the decoder takes it all the same: refused, one such
	// detection would hold up the stream indefinitely.
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
	fieldMoreRules // begins where the second rule does
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
// found: that takes a fifth of the decoder's time, and can be done by another
// goroutine while the decoder goes on. It is not safe for concurrent use.
type FieldReader struct{ names, severities, labels memo }

// Read returns the fields of a detection that a decoder has returned.
func (r *FieldReader) Read(d *Detection) Fields {
	value := func(f field) []byte { return d.Raw[d.spans[f].start:d.spans[f].end] }
	id, _ := text(value(fieldID))
	at, _ := text(value(fieldTime))
	severity := r.severities.of(value(fieldSeverity), upperText)
	if severity == "" {
		// All detections of a rule have the same labels, so those are
		// remembered as a whole.
		severity = r.labels.of(value(fieldRuleLabels), severityLabel)
	}
	if severity == "" && d.spans[fieldMoreRules].start > 0 {
		severity = severityOfRules(value(fieldDetection))
	}
	return Fields{
		ID:       id,
		Type:     r.names.text(value(fieldType)),
		Time:     at,
		RuleID:   r.names.text(value(fieldRuleID)),
		RuleName: r.names.text(value(fieldRuleName)),
		Severity: severity,
		Garbled:  !utf8.Valid(d.Raw),
	}
}

// severityOfRules is the severity of the first rule that has one.
func severityOfRules(rules []byte) (severity string) {
	eachItem(rules, func(rule []byte) bool {
		var own, label string
		eachMember(rule, func(key string, value []byte) {
			switch key {
			case "severity":
				own = upperText(value)
			case "ruleLabels":
				label = severityLabel(value)
			}
		})
		severity = cmp.Or(own, label)
		return severity == ""
	})
	return severity
}

func upperText(value []byte) string {
	s, _ := text(value)
	return strings.ToUpper(s)
}

func severityLabel(labels []byte) (severity string) {
	eachItem(labels, func(label []byte) bool {
		var key, value string
		eachMember(label, func(k string, v []byte) {
			switch k {
			case "key":
				key, _ = text(v)
			case "value":
				value = upperText(v)
			}
		})
		if strings.EqualFold(key, "severity") {
			severity = value
		}
		return severity == ""
	})
	return severity
}

// Created is the detection's createdTime, zero where it has none. It is read when it
// is asked for.
func (d *Detection) Created() (created time.Time) {
	said, _ := text(member(d.Raw, "createdTime"))
	if t, err := time.Parse(time.RFC3339, said); err == nil {
		created = t
	}
	return created
}
