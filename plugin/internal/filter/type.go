package filter

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// known are the types that Google's documentation has.
var known = []string{
	"RULE_DETECTION", "GCTI_FINDING", "UPPERCASE_ALERT",
	"MACHINE_INTELLIGENCE_ALERT", "SOAR_ALERT", "TELEMETRY_ALERT",
}

var typeForm = regexp.MustCompile(`^[A-Z0-9]+(_[A-Z0-9]+)+$`)

// parseType parses a type. There are more of them from time to time, so one that
// isn't known is fine, but not one that is a slip away from one that is: including
// that would drop everything.
func parseType(text string) (string, error) {
	kind := words.TypeOf(text)
	if slices.Contains(known, kind) {
		return kind, nil
	}
	if nearest := slices.MinFunc(known, func(a, b string) int { return distance(kind, a) - distance(kind, b) }); distance(kind, nearest) <= 2 {
		return "", fmt.Errorf("got %q, want %s", text, nearest)
	}
	if !typeForm.MatchString(kind) {
		return "", fmt.Errorf("got %q, want %s or another type of Chronicle's", text, strings.Join(known, ", "))
	}
	return kind, nil
}

// distance is how many letters have to be changed, inserted or left out to make b
// of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
