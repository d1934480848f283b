package signin

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// describeProblem says what is wrong with a document that is not JSON, or JSON of
// another shape, with what to do where that is known: documents are often broken
// in the same ways on their way from Google. Nothing of it is quoted, as it is
// secret.
func describeProblem(document []byte, err error) string {
	document = bytes.TrimSpace(document)
	switch {
	case len(document) == 0:
		return "nothing"
	case isUTF16(document):
		return "text in UTF-16, as PowerShell's > writes it; save it as UTF-8"
	case brokenKey.Match(document):
		return "a private_key with real line breaks in it; each has to be the two characters \\n, as Google writes them"
	}
	return describeJSONError(err, len(document)) + hint(document, err)
}

// hint is what a document seems to be that is no JSON object, "" where that is not
// known.
func hint(document []byte, err error) string {
	switch {
	case bytes.HasPrefix(document, []byte("-----BEGIN ")):
		return "; it is a key in PEM form by itself, want the whole document, of which private_key is a part"
	case bytes.HasPrefix(document, []byte{0x30, 0x82}):
		return "; it is a key in PKCS #12 form, make a new one of the type JSON"
	case bytes.ContainsAny(document[:min(len(document), 200)], "“”"):
		return "; its quotes are typographic ones, as word processors make them, take the document as Google issued it"
	case isObject(unquoted(document)):
		return "; it is the document as a text in quotes, take off the quotes, and the backslashes before those inside"
	case isObject(decoded(document)):
		return "; it is the document in base64, decode it"
	case document[0] == '{' && isCut(err, len(document)):
		return "; the rest was cut off"
	}
	return ""
}

// isObject says whether a document is what it should be, whatever is in it.
func isObject(document []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(document), []byte("{")) && json.Valid(document)
}

// unquoted is what a JSON string says, nothing for any other document.
func unquoted(document []byte) []byte {
	var text string
	if json.Unmarshal(document, &text) != nil {
		return nil
	}
	return []byte(text)
}

// decoded is a document that was in base64, as people put one into an environment
// variable or take it out of a Kubernetes secret; nothing for any other.
func decoded(document []byte) []byte {
	text := strings.TrimRight(strings.Join(strings.Fields(string(document)), ""), "=")
	plain, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return plain
}

// isCut says whether a document was JSON up to its end, which came too early.
func isCut(err error, size int) bool {
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	return isSyntax && syntax.Offset >= int64(size)
}

// isUTF16 says whether a document begins with UTF-16's byte order mark, or with a
// character of two bytes.
func isUTF16(document []byte) bool {
	return bytes.HasPrefix(document, []byte{0xff, 0xfe}) || bytes.HasPrefix(document, []byte{0xfe, 0xff}) ||
		len(document) > 1 && (document[0] == 0) != (document[1] == 0)
}

// brokenKey is a key that goes on in the next line, which no JSON string may.
var brokenKey = regexp.MustCompile(`"private_key"\s*:\s*"[^"]*\n`)

// damageOf says how a key was damaged that is none, "" where that is not known.
func damageOf(key string) string {
	switch {
	case !strings.Contains(key, `\n`):
		return ""
	case isPrivateKey(strings.ReplaceAll(key, `\n`, "\n")):
		return "; its line breaks were escaped twice, \\\\n for \\n: take the document as Google issued it"
	}
	return "; its line breaks are the characters \\ and n"
}

// describeJSONError says what is wrong with a secret document without quoting
// any of it, as the errors of encoding/json may.
func describeJSONError(err error, size int) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("what stops being JSON at byte %d of %d", syntax.Offset, size)
	case errors.As(err, &kind) && kind.Field == "":
		return "JSON that is not an object"
	case errors.As(err, &kind):
		return "a field " + kind.Field + " that is not a string"
	}
	return "something else"
}
