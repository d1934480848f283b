package signin

import (
	"bytes"
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
	switch {
	case isUTF16(document):
		return "text in UTF-16, as PowerShell's > writes it; save it as UTF-8"
	case brokenKey.Match(document):
		return "a private_key with real line breaks in it; each has to be the two characters \\n, as Google writes them"
	}
	return describeJSONError(err, len(document))
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
	case size == 0:
		return "nothing"
	case errors.As(err, &syntax):
		return fmt.Sprintf("what stops being JSON at byte %d of %d", syntax.Offset, size)
	case errors.As(err, &kind) && kind.Field == "":
		return "JSON that is not an object"
	case errors.As(err, &kind):
		return "a field " + kind.Field + " that is not a string"
	}
	return "something else"
}
