package detection

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns text as one line that is safe to show to people and on terminals. It
// removes control, bidirectional, zero-width and other invisible characters,
// private-use characters, noncharacters and invalid UTF-8, and replaces each run of
// white space, line breaks included, with one space. Text longer than limit characters
// is cut and ends in an ellipsis.
//
// Clean leaves the syntax of markup alone: escaping it is up to each destination.
func Clean(text string, limit int) string { return clean(text, limit, false) }

// CleanLines is like [Clean] but keeps line breaks, each as \n, and at most one empty
// line in a row.
func CleanLines(text string, limit int) string { return clean(text, limit, true) }

// maxMarks is how many combining characters may follow each other. More of them, which
// no script needs, run over the lines above and below.
const maxMarks = 8

// removed are the characters that Clean removes, white space aside.
var removed = []*unicode.RangeTable{
	unicode.Cc, // control characters: ESC, BEL, C1
	unicode.Cf, // format characters: bidirectional, zero-width, tags, soft hyphen
	unicode.Co, // private use
	unicode.Cs,
	unicode.Other_Default_Ignorable_Code_Point, // fillers that have no width
	unicode.Variation_Selector,
	unicode.Noncharacter_Code_Point,
}

var combining = []*unicode.RangeTable{unicode.Mn, unicode.Me}

type class uint8

const (
	visible class = iota
	combines
	invisible
	spaces
	breaksLine
)

// classes has the class of each character of the basic plane, since looking one up in
// the tables takes ten times as long.
var classes = func() (of [0x10000]class) {
	mark := func(tables []*unicode.RangeTable, as class) {
		for _, table := range tables {
			for _, r := range table.R16 {
				for c := uint32(r.Lo); c <= uint32(r.Hi); c += uint32(r.Stride) {
					of[c] = as
				}
			}
		}
	}
	mark(combining, combines)
	mark(removed, invisible)
	mark([]*unicode.RangeTable{unicode.White_Space}, spaces)
	for _, c := range "\n\v\f\r\u0085\u2028\u2029" {
		of[c] = breaksLine
	}
	of[utf8.RuneError] = invisible // also what ranging over invalid UTF-8 yields
	return of
}()

func classOf(c rune) class {
	switch {
	case int(c) < len(classes):
		return classes[c]
	case unicode.In(c, removed...):
		return invisible
	case unicode.In(c, combining...):
		return combines
	}
	return visible
}

func clean(text string, limit int, lines bool) string {
	if limit <= 0 {
		return ""
	}
	if len(text) <= limit && isClean(text) {
		return text
	}
	var (
		out    strings.Builder
		length int // of out, in characters
		cut    int // of out, in bytes, where the ellipsis goes
		space  bool
		breaks int // line breaks since the last visible character
		marks  int // combining characters since the last other one
		last   rune
	)
	out.Grow(min(len(text), limit+utf8.UTFMax))
	write := func(c rune) bool {
		if length == limit-1 {
			cut = out.Len()
		}
		if length++; length > limit {
			return false
		}
		out.WriteRune(c)
		return true
	}
	for i, c := range text {
		previous := last
		last = c
		switch classOf(c) {
		case breaksLine:
			if c != '\n' || previous != '\r' {
				breaks++
			}
			continue
		case spaces:
			space = true
			continue
		case invisible:
			continue
		case combines:
			if marks++; marks > maxMarks {
				continue
			}
		default:
			marks = 0
		}
		if length > 0 && (space || breaks > 0) {
			gap := " "
			if lines && breaks > 0 {
				gap = "\n\n"[:min(breaks, 2)]
			}
			for _, c := range gap {
				if !write(c) {
					return ellipsis(out.String()[:cut])
				}
			}
		}
		space, breaks = false, 0
		if !write(c) {
			return ellipsis(out.String()[:cut])
		}
		if length == limit && len(text)-i > 16*limit {
			// Only whitespace could follow without a cut. Do not look for it in megabytes.
			return ellipsis(out.String()[:cut])
		}
	}
	return out.String()
}

func ellipsis(text string) string { return strings.TrimRight(text, " \n") + "…" }

// isClean reports whether text is printable ASCII with single spaces inside, which is
// what nearly all texts are.
func isClean(text string) bool {
	after := byte(' ')
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && after == ' ' {
			return false
		}
		after = c
	}
	return text == "" || after != ' '
}
