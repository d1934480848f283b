package editorschema

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// longest is how long a description may be. An editor shows it beside the cursor, and
// the reference has the rest.
const longest = 400

var (
	// xref:guides:bloblang/about.adoc[Bloblang] and https://example.com[a page^].
	crossReference = regexp.MustCompile(`xref:[^\s\[]*\[([^\]]*)\]`)
	link           = regexp.MustCompile(`(https?://[^\s\[\]]+)\[([^\]^]*)\^?\]`)
	sentenceEnd    = regexp.MustCompile(`[.!?](\s|$)`)
)

// firstOf is the first of some texts that says anything, as plain text: its first
// paragraph, or as many sentences of it as there is room for.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text = plain(text); text != "" {
			return shorten(text)
		}
	}
	return ""
}

// plain takes the first paragraph that is one, without the marks of AsciiDoc.
func plain(text string) string {
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		paragraph = strings.Join(strings.Fields(paragraph), " ")
		if paragraph == "" || strings.HasPrefix(paragraph, "=") || strings.HasPrefix(paragraph, "[") {
			continue
		}
		paragraph = crossReference.ReplaceAllString(paragraph, "$1")
		return link.ReplaceAllString(paragraph, "$2 ($1)")
	}
	return ""
}

func shorten(text string) string {
	if len(text) <= longest {
		return text
	}
	end := 0
	for _, at := range sentenceEnd.FindAllStringIndex(text, -1) {
		if at[0]+1 > longest {
			break
		}
		end = at[0] + 1
	}
	if end > 0 {
		return text[:end]
	}
	cut := strings.LastIndexByte(text[:longest], ' ')
	if cut < 0 {
		for cut = longest; !utf8.RuneStart(text[cut]); cut-- {
		}
	}
	return text[:cut] + " …"
}
