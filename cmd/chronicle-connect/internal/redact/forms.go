package redact

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// shortest is the least length of what is looked for: shorter ones would be found
// everywhere.
const shortest = 6

// formsOf returns what a library can make of a secret before it shows it: net/http
// shows the URL that it has parsed, JSON and Go's %q have escapes, YAML's errors
// cut, and a client takes a URL, a header or a document apart.
func formsOf(secret string) []string {
	var forms set
	for _, whole := range wholes(secret) {
		forms.add(whole)
		forms.add(partsOfURL(whole)...)
		if parsed, err := url.Parse(whole); err == nil && parsed.Host != "" {
			forms.add(parsed.String(), parsed.Redacted())
			if parsed.User != nil {
				// As net/http has it in its errors.
				forms.add(strings.Replace(parsed.String(), parsed.User.String()+"@", parsed.User.Username()+":***@", 1))
			}
			for _, path := range []string{parsed.Path, parsed.EscapedPath(), parsed.RequestURI()} {
				if len(path) >= longPath {
					forms.add(path)
				}
			}
		}
		forms.add(partsOfHeader(whole)...)
		forms.add(partsOfDocument(whole)...)
	}
	return forms.written()
}

// longPath is from where on a path is no word that others use: a webhook's secret is
// in there.
const longPath = 16

// formsOfURL returns the same of the secrets in a URL that is none as a whole, or in
// several with commas between them.
func formsOfURL(text string) []string {
	var forms set
	for one := range strings.SplitSeq(text, ",") {
		for _, whole := range wholes(one) {
			forms.add(partsOfURL(whole)...)
		}
	}
	return forms.written()
}

// wholes returns a value, and it without what is around it.
func wholes(value string) []string {
	trimmed := strings.TrimSpace(value)
	return []string{value, trimmed, strings.Trim(trimmed, `"'`)}
}

var (
	// userinfo is found by a pattern, so that it is in URLs as well that can't be
	// parsed: their errors show them.
	userinfo   = regexp.MustCompile(`://([^/?#]*)@`)
	queryValue = regexp.MustCompile(`[?&][^=&#]*=([^&#]*)`)
)

// partsOfURL returns userinfo and values of the query, by themselves.
func partsOfURL(text string) (parts []string) {
	for _, match := range userinfo.FindAllStringSubmatch(text, -1) {
		user, password, both := strings.Cut(match[1], ":")
		parts = append(parts, match[1])
		if both {
			parts = append(parts, decoded(password)...)
			if decodedUser, err := url.PathUnescape(user); err == nil {
				if decodedPassword, err := url.PathUnescape(password); err == nil {
					parts = append(parts, url.UserPassword(decodedUser, decodedPassword).String(),
						base64.StdEncoding.EncodeToString([]byte(decodedUser+":"+decodedPassword)))
				}
			}
			continue
		}
		parts = append(parts, decoded(user)...)
	}
	if strings.Contains(text, "://") {
		for _, match := range queryValue.FindAllStringSubmatch(text, -1) {
			parts = append(parts, decoded(match[1])...)
		}
	}
	return parts
}

func decoded(text string) []string {
	all := []string{text}
	if plain, err := url.PathUnescape(text); err == nil {
		all = append(all, plain)
	}
	if plain, err := url.QueryUnescape(text); err == nil {
		all = append(all, plain)
	}
	return all
}

var header = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]* +(\S+)$`)

// partsOfHeader returns the token of an Authorization header, and the password in
// one of the scheme Basic.
func partsOfHeader(text string) (parts []string) {
	match := header.FindStringSubmatch(text)
	if match == nil {
		return nil
	}
	parts = append(parts, match[1])
	if plain, err := base64.StdEncoding.DecodeString(match[1]); err == nil {
		_, password, _ := strings.Cut(string(plain), ":")
		parts = append(parts, string(plain), password)
	}
	return parts
}

// openMember matches the members of credentials documents that are no secrets, and
// would be missed in what is logged.
var openMember = regexp.MustCompile(`(?i)^(type|project_id|quota_project_id|client_email|client_id|universe_domain|audience|scopes?|format|url)$|_(uri|url|type)$`)

// partsOfDocument returns the members of a JSON document, and the lines of one that
// has several, which includes a private key.
func partsOfDocument(text string) (parts []string) {
	var document any
	if json.Unmarshal([]byte(text), &document) == nil {
		return members(document)
	}
	return linesOf(text)
}

func members(value any) (parts []string) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if _, text := member.(string); text && openMember.MatchString(name) {
				continue
			}
			parts = append(parts, members(member)...)
		}
	case []any:
		for _, member := range value {
			parts = append(parts, members(member)...)
		}
	case string:
		parts = append(parts, value)
		parts = append(parts, linesOf(value)...)
	}
	return parts
}

func linesOf(text string) (lines []string) {
	if !strings.ContainsAny(text, "\r\n") {
		return nil
	}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		// What begins and ends a key says only that it is one.
		if !strings.HasPrefix(line, "-----") {
			lines = append(lines, line)
		}
	}
	return lines
}

// A set has texts once each.
type set map[string]bool

func (s *set) add(texts ...string) {
	if *s == nil {
		*s = set{}
	}
	for _, text := range texts {
		if len(text) >= shortest {
			(*s)[text] = true
		}
	}
}

// written returns each text plainly, percent-encoded, cut, and in up to two layers
// of quotes.
func (s *set) written() []string {
	var all set
	for text := range *s {
		all.add(text, url.PathEscape(text), url.QueryEscape(text), strings.ReplaceAll(url.QueryEscape(text), "+", "%20"))
		if len(text) > yamlCut {
			all.add(text[:yamlCutTo] + "...`")
		}
	}
	var layers set
	for text := range all {
		layers.add(text)
		for _, once := range quoted(text) {
			layers.add(once)
			layers.add(quoted(once)...)
		}
	}
	written := make([]string, 0, len(layers))
	for text := range layers {
		written = append(written, text)
	}
	return written
}

// yaml.v3 cuts a value that it shows, from yamlCut bytes on, to yamlCutTo.
const (
	yamlCut   = 10
	yamlCutTo = 7
)

// quoted returns what is between the quotes that JSON and Go put around a text.
func quoted(text string) []string {
	forms := []string{inside(strconv.Quote(text)), inside(strconv.QuoteToASCII(text))}
	var plain strings.Builder
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) == nil {
		forms = append(forms, inside(strings.TrimSuffix(plain.String(), "\n")))
	}
	if escaped, err := json.Marshal(text); err == nil {
		forms = append(forms, inside(string(escaped)))
	}
	return forms
}

func inside(quotes string) string { return quotes[1 : len(quotes)-1] }
