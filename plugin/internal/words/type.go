package words

import "strings"

// TypeOf is the type of a detection in one spelling: in upper case, and
// GCTI_FINDING for UPPERCASE_ALERT, an older name of curated detections. Types that
// aren't known stay what they are, as there are more of them from time to time.
func TypeOf(received string) string {
	kind := strings.ToUpper(strings.TrimSpace(received))
	if kind == "UPPERCASE_ALERT" {
		return "GCTI_FINDING"
	}
	return kind
}
