package answer

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"strings"
)

// pageLimit is how many bytes of a page an error repeats: enough for a title.
const pageLimit = 200

// IsForeign reports whether a body comes from something other than one of
// Google's APIs, which all answer JSON: a page of a front end, a proxy or a
// sign-in. An empty body tells nothing.
func IsForeign(body []byte) bool {
	body = bytes.TrimSpace(body)
	return len(body) > 0 && !json.Valid(body)
}

var (
	pageTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	pageHidden = regexp.MustCompile(`(?is)<(script|style)[^>]*>.*?(</(script|style)>|$)|<!--.*?(-->|$)`)
	pageTag    = regexp.MustCompile(`<[^>]*>?`)
)

// Words is what a body says that is no error object, for errors: the title of a
// page, or else the beginning of its text.
func Words(body []byte) string {
	said := strings.ToValidUTF8(string(bytes.TrimSpace(body)), "")
	if !strings.HasPrefix(said, "<") {
		return Cut(said, WordsLimit)
	}
	if title := pageTitle.FindStringSubmatch(said); title != nil && strings.TrimSpace(title[1]) != "" {
		said = title[1]
	}
	said = pageTag.ReplaceAllString(pageHidden.ReplaceAllString(said, " "), " ")
	return Cut(strings.Join(strings.Fields(html.UnescapeString(said)), " "), pageLimit)
}
