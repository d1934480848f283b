package words

import "strings"

// A Severity is what a rule says of a detection's, in one spelling.
type Severity string

// The severities, lowest first. Unknown is none of them: it can't be told from a
// critical one, and is not to be compared.
const (
	None          Severity = "NONE"
	Informational Severity = "INFORMATIONAL"
	Low           Severity = "LOW"
	Medium        Severity = "MEDIUM"
	High          Severity = "HIGH"
	Critical      Severity = "CRITICAL"

	Unknown Severity = "UNKNOWN"
)

var severities = []Severity{None, Informational, Low, Medium, High, Critical}

// SeverityOf is what a severity as it was received stands for, whatever its case.
// Google's own rules say Info. UDM has ERROR and UNKNOWN_SEVERITY as well, which say
// nothing; so does what isn't listed here.
func SeverityOf(received string) Severity {
	severity := Severity(strings.ToUpper(strings.TrimSpace(received)))
	if severity == "INFO" {
		return Informational
	}
	if _, known := severity.Level(); !known {
		return Unknown
	}
	return severity
}

// Level is how severe it is, from 0 for NONE to 5 for CRITICAL, and whether that is
// known.
func (s Severity) Level() (level int, known bool) {
	for level, severity := range severities {
		if s == severity {
			return level, true
		}
	}
	return 0, false
}
