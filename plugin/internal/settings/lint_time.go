package settings

import (
	"fmt"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// lintSeconds is the map that turns a duration into seconds.
const lintSeconds = `map seconds {
  let unit = { "ns": 0.000000001, "us": 0.000001, "µs": 0.000001, "μs": 0.000001, "ms": 0.001, "s": 1, "m": 60, "h": 3600 }
  root = this.re_find_all_submatch("([0-9.]+)([a-zµμ]+)").map_each(part -> part.index(1).number() * $unit.get(part.index(2))).sum()
}
`

// lintUnix is the map that turns an RFC 3339 time into the seconds since 1970,
// for times before the year 2100. Days are counted in years that begin with
// March, so that a leap day is their last.
var lintUnix = fmt.Sprintf(`map unix {
  let part = this.re_find_all_submatch(%q).index(0)
  let month = $part.index(2).number() + 9
  let year = $part.index(1).number() + ($month / 12).floor() - 1
  let months = (((153 * ($month %% 12)) + 2) / 5).floor()
  let days = 365 * $year + ($year / 4).floor() + $months + $part.index(3).number() - 719484
  let seconds = 86400 * $days + 3600 * $part.index(4).number() + 60 * $part.index(5).number() + $part.index(6).number()
  let offset = if $part.index(7) == "" { 0 } else { 3600 * $part.index(8).number() + 60 * $part.index(9).number() }
  root = if $part.index(7) == "-" { $seconds + $offset } else { $seconds - $offset }
}
`, timeForm)

func lintDuration(path string) string {
	return lintFirst(lintCase{
		field: path, wrong: lintMismatches(positiveDurationForm) + ` || !this.re_match("[1-9]")`,
		show: showText, want: positiveDurationForm.want,
	})
}

func lintBackoff() string {
	initial, longest := "this."+field.InitialInterval, "this."+field.MaxInterval
	return lintSeconds + lintFirst(lintCase{
		field: field.Backoff + "." + field.MaxInterval,
		// Sums of fractions may differ where the durations don't.
		wrong: fmt.Sprintf(`%s && %s && %s.apply("seconds") * 1.000000000001 < %s.apply("seconds")`,
			lintMatches(initial, positiveDurationForm.Regexp), lintMatches(longest, positiveDurationForm.Regexp), longest, initial),
		show: showText, value: longest, want: wantAtLeastInitial,
	})
}

// lintStartTime leaves to lintTogether whether the time may be that old.
func lintStartTime() string { return lintPast(field.StartTime, wantStartTime) }

// lintPast reports what is neither a time of the past nor a duration ago.
func lintPast(name, want string) string {
	return lintSeconds + lintUnix +
		fmt.Sprintf("let ago = if %s { this.apply(\"seconds\") } else if %s { timestamp_unix() - this.apply(\"unix\") } else { -1 }\n",
			lintMatches("this", agoForm), lintMatches("this", timeForm)) +
		lintFirst(lintCase{
			field: name, wrong: fmt.Sprintf(`this != "" && ($ago < 0 || %s)`, lintMatches("this", negativeForm)),
			show: showText, want: want,
		})
}
