package environment

import (
	"bytes"
	"encoding/json"
	"strings"
)

// clean returns a value as it was meant. The line break at its end comes from a
// file that it was read from, as Kubernetes' secrets are made, and the quotes around
// it from a file of variables, of which Docker takes them as they are. A JSON
// document of several lines, as credentials are, is put on one.
func clean(value string) string {
	value = strings.TrimSpace(value)
	if len(value) >= 2 {
		quote, inside := value[:1], value[1:len(value)-1]
		// Two quoted words of a list begin and end with a quote as well.
		if (quote == `"` || quote == "'") && strings.HasSuffix(value, quote) && !strings.Contains(inside, quote) {
			value = inside
		}
	}
	if strings.ContainsAny(value, "\r\n") && json.Valid([]byte(value)) {
		var line bytes.Buffer
		// It is valid, so it can be put on one line.
		_ = json.Compact(&line, []byte(value))
		return line.String()
	}
	return value
}
