package plugin

import (
	"fmt"
	"regexp"
	"strings"
)

// The rules of the linter, in Bloblang: what `chronicle-connect lint` reports,
// and the start of a pipeline before anything is built. They say what
// parseConfig says, but field by field and by the line. A setting of the wrong
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

// lintForm reports a text that has not the form. Where the field is optional,
// empty means that it is not set.
func lintForm(field string, f form, show string, optional bool) string {
	wrong := lintMismatches(f)
	if optional {
		wrong = `this != "" && ` + wrong
	}
	return lintFirst(lintCase{field: field, wrong: wrong, show: show, want: f.want})
}

func lintEither(field, one, other string) string {
	return lintFirst(lintCase{
		field: field, wrong: fmt.Sprintf("this != %q && this != %q", one, other),
		show: showText, want: wantEither(one, other),
	})
}

func lintBetween(field string, least, most int) string {
	return lintFirst(lintCase{
		field: field, wrong: fmt.Sprintf("this < %d || this > %d", least, most),
		show: showNumber, want: wantBetween(least, most),
	})
}

func lintAtLeast(field string, least int) string {
	return lintFirst(lintCase{field: field, wrong: fmt.Sprintf("this < %d", least), show: showNumber, want: wantAtLeast(least)})
}

func lintCredentials() string {
	return lintFirst(lintCase{
		field: fieldCredentialsJSON, wrong: `this != "" && this.parse_json().type().catch("none") != "object"`,
		show: showHidden, want: wantDocument,
	})
}

func lintBaseURL() string {
	return lintFirst(
		// Where a secret may be in it, it is not shown.
		lintCase{fieldBaseURL, lintMatches("this", regexp.MustCompile("[@?#]")) + " && " + lintMismatches(baseURLForm), showHidden, "", baseURLForm.want},
		lintCase{fieldBaseURL, `this != "" && ` + lintMismatches(baseURLForm), showText, "", baseURLForm.want},
		lintCase{fieldBaseURL, lintMatches("this", hostAndMore), showText, "", wantHost},
	)
}

func lintCacheKey() string {
	return lintFirst(
		lintCase{fieldCheckpointCacheKey, lintMismatches(cacheKeyForm), showText, "", cacheKeyForm.want},
		lintCase{fieldCheckpointCacheKey, fmt.Sprintf("this.has_suffix(%q)", spareSuffix), showText, "", wantOtherKey},
	)
}

// lintTLS is for what Benthos' own field leaves to the start, or to nobody.
func lintTLS() string {
	incomplete := `(c.cert == "" || c.key == "") && (c.cert_file == "" || c.key_file == "")`
	return lintFirst(
		lintCase{fieldTLS + ".root_cas_file", `this.root_cas != "" && this.root_cas_file != ""`, showText, "this.root_cas_file", "nothing with root_cas"},
		lintCase{fieldTLS + ".root_cas", fmt.Sprintf(`this.root_cas != "" && !this.root_cas.contains(%q)`, certificateBegin), showHidden, "", wantCertificates},
		lintCase{fieldTLS + ".client_certs", "this.client_certs.any(c -> " + incomplete + ")", showHidden, "", "cert and key, or cert_file and key_file, in each"},
	)
}

// lintTogether is for fields that contradict each other.
func lintTogether() string {
	const instance, region, baseURL, composite = "this." + fieldInstance, "this." + fieldRegion, "this." + fieldBaseURL, "this." + fieldCompositeAlertHandling
	oneOf := func(values []string) *regexp.Regexp {
		return regexp.MustCompile("^(" + strings.Join(values, "|") + ")$")
	}
	backstory := firstCase(
		lintCase{fieldInstance, instance + ` != ""`, showText, instance, wantNoInstance},
		lintCase{fieldCompositeAlertHandling, composite + ` != ""`, showText, composite, wantNoComposite},
		lintCase{fieldBaseURL, lintMatches(baseURL, chronicleHost), showText, baseURL, wantBackstoryHost},
		lintCase{fieldRegion, baseURL + ` == "" && !` + lintMatches(region, oneOf(backstoryRegions)), showText, region, wantRegion()},
	)
	chronicle := firstCase(
		lintCase{fieldRegion, fmt.Sprintf("%s != %q", region, defaultRegion), showText, region, wantNoRegion},
		lintCase{fieldIncludeSimulated, "this." + fieldIncludeSimulated, showNumber, "this." + fieldIncludeSimulated, wantNoSimulated},
		lintCase{fieldInstance, `$location == ""`, showText, instance, instanceForm.want},
		lintCase{fieldBaseURL, lintMatches(baseURL, backstoryHost), showText, baseURL, wantChronicleHost},
		lintCase{fieldInstance, baseURL + ` == "" && !` + lintMatches("$location", oneOf(chronicleLocations)), showText, instance, wantLocation()},
		lintCase{fieldBaseURL, `$there != "" && $there != $location`, showText, baseURL, wantSameLocation},
	)
	return fmt.Sprintf(`let location = %s.re_find_all_submatch(%q).index(0).index(1).catch("")
let there = %s.re_find_all_submatch(%q).index(0).slice(1).join("").catch("")
root = if this.%s == %q { %s } else if this.%[5]s == %[8]q { %s }
`, instance, instanceForm, baseURL, chronicleHost, fieldAPI, apiBackstory, backstory, apiChronicle, chronicle)
}
