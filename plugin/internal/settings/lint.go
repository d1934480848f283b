package settings

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

// The rules of the linter, in Bloblang: what `chronicle-connect lint` reports,
// and the start of a pipeline before anything is built. They say what
// Parse says, but field by field and by the line. A setting of the wrong
// type cannot be linted, only refused.
//
// Benthos compiles them while the process starts. It does so before its
// component packages are sure to be there, so methods for times and durations
// are missing; and not very fast, so they are kept to what parses quickly: no
// literal lists, no matches, no nesting.

// What a message shows of a value: its text, a number, or nothing of it.
const (
	showText   = "%q"
	showNumber = "%v"
	showHidden = "something else"
)

// A lintCase is one way for fields to be wrong.
type lintCase struct {
	field string
	// wrong is a condition in Bloblang.
	wrong string
	// show is one of the above. value is what it shows, in Bloblang; this by
	// default.
	show, value string
	want        string
}

// lintFirst reports the first of the cases that holds, in the words of
// fieldError.
func lintFirst(cases ...lintCase) string { return "root = " + firstCase(cases...) }

func firstCase(cases ...lintCase) string {
	var rule strings.Builder
	for i, c := range cases {
		if i > 0 {
			rule.WriteString(" else ")
		}
		message := fmt.Sprintf("%q", "field "+c.field+": got "+c.show+", want "+c.want)
		if c.show != showHidden {
			if c.value == "" {
				c.value = "this"
			}
			message += ".format(" + c.value + ")"
		}
		fmt.Fprintf(&rule, "if %s { %s }", c.wrong, message)
	}
	return rule.String()
}

func lintMatches(value string, expression *regexp.Regexp) string {
	return fmt.Sprintf("%s.re_match(%q)", value, expression)
}

func lintMismatches(f form) string { return "!" + lintMatches("this", f.Regexp) }

// lintForm reports a text that has not the form. Empty means that the field is not
// set.
func lintForm(name string, f form, show string) string {
	return lintFirst(lintCase{field: name, wrong: `this != "" && ` + lintMismatches(f), show: show, want: f.want})
}

func lintOneOf(name string, values ...string) string {
	var wrong []string
	for _, value := range values {
		wrong = append(wrong, fmt.Sprintf("this != %q", value))
	}
	return lintFirst(lintCase{field: name, wrong: strings.Join(wrong, " && "), show: showText, want: wantOneOf(values)})
}

func lintBetween(name string, least, most int) string {
	return lintFirst(lintCase{
		field: name, wrong: fmt.Sprintf("this < %d || this > %d", least, most),
		show: showNumber, want: wantBetween(least, most),
	})
}

func lintAtLeast(name string, least int) string {
	return lintFirst(lintCase{field: name, wrong: fmt.Sprintf("this < %d", least), show: showNumber, want: wantAtLeast(least)})
}

func lintCredentials() string {
	return lintFirst(lintCase{
		field: field.CredentialsJSON, wrong: `this != "" && this.trim_prefix("\ufeff").parse_json().type().catch("none") != "object"`,
		show: showHidden, want: wantDocument,
	})
}

func lintBaseURL() string {
	return lintFirst(
		// Where a secret may be in it, it is not shown.
		lintCase{field.BaseURL, lintMatches("this", regexp.MustCompile("[@?#]")) + " && " + lintMismatches(baseURLForm), showHidden, "", baseURLForm.want},
		lintCase{field.BaseURL, `this != "" && ` + lintMismatches(baseURLForm), showText, "", baseURLForm.want},
		lintCase{field.BaseURL, lintMatches("this", hostAndMore), showText, "", wantHost},
	)
}

func lintCacheKey() string {
	// What interpolations come to is known at the start.
	return lintFirst(
		lintCase{field.CheckpointCacheKey, `!this.contains("${!") && ` + lintMismatches(cacheKeyForm), showText, "", cacheKeyForm.want},
		lintCase{field.CheckpointCacheKey, fmt.Sprintf("this.has_suffix(%q)", position.SpareSuffix), showText, "", wantOtherKey},
	)
}

// lintTLS is for what Benthos' own field leaves to the start, or to nobody.
func lintTLS() string {
	incomplete := `(c.cert == "" || c.key == "") && (c.cert_file == "" || c.key_file == "")`
	return lintFirst(
		lintCase{field.TLS + ".root_cas_file", `this.root_cas != "" && this.root_cas_file != ""`, showText, "this.root_cas_file", "nothing with root_cas"},
		lintCase{field.TLS + ".root_cas", fmt.Sprintf(`this.root_cas != "" && !this.root_cas.contains(%q)`, certificateBegin), showHidden, "", wantCertificates},
		lintCase{field.TLS + ".client_certs", "this.client_certs.any(c -> " + incomplete + ")", showHidden, "", "cert and key, or cert_file and key_file, in each"},
	)
}

// lintTogether is for fields that contradict each other.
func lintTogether() string {
	const instance, region, baseURL, composite = "this." + field.Instance, "this." + field.Region, "this." + field.BaseURL, "this." + field.CompositeAlertHandling
	oneOf := func(values []string) *regexp.Regexp {
		return regexp.MustCompile("^(" + strings.Join(values, "|") + ")$")
	}
	forBackstory := firstCase(
		lintCase{field.Instance, instance + ` != ""`, showText, instance, wantNoInstance},
		lintCase{field.CompositeAlertHandling, composite + ` != ""`, showText, composite, wantNoComposite},
		lintCase{field.BaseURL, lintMatches(baseURL, chronicle.ChronicleHost), showText, baseURL, wantBackstoryHost},
		lintCase{field.Region, baseURL + ` == "" && !` + lintMatches(region, oneOf(chronicle.Regions)), showText, region, wantRegion()},
	)
	forChronicle := firstCase(
		lintCase{field.Region, fmt.Sprintf("%s != %q", region, chronicle.DefaultRegion), showText, region, wantNoRegion},
		lintCase{field.IncludeSimulated, "this." + field.IncludeSimulated, showNumber, "this." + field.IncludeSimulated, wantNoSimulated},
		lintCase{field.Instance, `$location == ""`, showText, instance, instanceForm.want},
		lintCase{field.BaseURL, lintMatches(baseURL, chronicle.BackstoryHost), showText, baseURL, wantChronicleHost},
		lintCase{field.Instance, baseURL + ` == "" && !` + lintMatches("$location", oneOf(chronicle.Locations)), showText, instance, wantLocation()},
		lintCase{field.BaseURL, `$there != "" && $there != $location`, showText, baseURL, wantSameLocation},
	)
	const dir, key = "this." + field.CheckpointDir, "this." + field.CheckpointCacheKey
	const start, unresumable = "this." + field.StartTime, "this." + field.OnUnresumable
	rest := firstCase(
		lintCase{field.StartTime, fmt.Sprintf("$ago > %v && %s != %q", chronicle.Retention.Seconds(), unresumable, unresumableSearch), showText, start, wantStartTime},
		lintCase{field.EndTime, fmt.Sprintf(`this.%s != "" && %s == ""`, field.EndTime, start), showText, "this." + field.EndTime, wantEndTime},
		lintCase{field.CheckpointDir, dir + ` != "" && this.` + field.CheckpointCache + ` != ""`, showText, dir, wantNoDir},
		lintCase{field.CheckpointCacheKey, dir + ` != "" && !` + key + `.contains("${!") && ` + lintMatches(key, wrongFileKey), showText, key, wantFileKey},
	)
	return lintSeconds + lintUnix + fmt.Sprintf("let ago = if %s { %s.apply(\"seconds\") } else if %s { timestamp_unix() - %s.apply(\"unix\") } else { 0 }\n",
		lintMatches(start, agoForm), start, lintMatches(start, timeForm), start) +
		fmt.Sprintf(`let location = %s.re_find_all_submatch(%q).index(0).index(1).catch("")
let there = %s.re_find_all_submatch(%q).index(0).slice(1).join("").catch("")
let api = if this.%s != "" { this.%[5]s } else if %[1]s != "" { %[8]q } else { %[6]q }
let address = if $api == %[6]q { %[7]s else { "" } } else if $api == %[8]q { %[9]s else { "" } } else { "" }
root = if $address != "" { $address } else %[10]s
`, instance, instanceForm, baseURL, chronicle.ChronicleHost, field.API, apiBackstory, forBackstory, apiChronicle, forChronicle, rest)
}
