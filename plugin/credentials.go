package plugin

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/oauth2/google"
)

// homeCredentials is where Google's own Chronicle clients look for a
// service-account key, below the home directory.
const homeCredentials = ".chronicle_credentials.json"

// credentialTypes are the documents that Google issues for programs.
var credentialTypes = []google.CredentialsType{
	google.ServiceAccount,
	google.ExternalAccount,
	google.ImpersonatedServiceAccount,
	google.ExternalAccountAuthorizedUser,
	google.AuthorizedUser,
}

// credentials is where the input's credentials come from: the first of the
// document, the file, the file in the home directory and Application Default
// Credentials.
type credentials struct {
	document string
	file     string
}

// A credentialDocument is one credentials document, as it is right now.
type credentialDocument struct {
	// origin names the document in errors: a field or a file.
	origin string
	json   []byte
	kind   google.CredentialsType
	// account and keyID are a service account's, for errors. Neither is secret.
	account, keyID string
}

// A credentialError is a document that is not to be had or not to be used.
type credentialError struct{ err error }

func (e *credentialError) Error() string { return e.err.Error() }
func (e *credentialError) Unwrap() error { return e.err }

// path is the file with the document, "" where there is none to look for.
func (c credentials) path() string {
	switch {
	case c.document != "":
		return ""
	case c.file != "":
		return c.file
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, homeCredentials)
}

// read returns the current document, or nil where Application Default
// Credentials apply. Errors name the file, never its contents.
func (c credentials) read() (*credentialDocument, error) {
	if c.document != "" {
		return parseCredentials("field "+fieldCredentialsJSON, []byte(c.document))
	}
	file := c.path()
	if file == "" {
		return nil, nil
	}
	contents, err := os.ReadFile(file) //nolint:gosec // Which file it is, is the user's to say.
	if c.file == "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		// The home of a system user is often no directory, such as /dev/null.
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the credentials file: %w", err)
	}
	return parseCredentials("credentials file "+file, contents)
}

// check reads the document once, so that a wrong one is refused before any
// request.
func (c credentials) check() error {
	_, err := c.read()
	switch {
	case err == nil:
		return nil
	case c.document == "" && c.file != "":
		return fmt.Errorf("field %s: %w", fieldCredentialsFile, err)
	}
	return err
}

func parseCredentials(origin string, document []byte) (*credentialDocument, error) {
	var fields struct {
		Type        google.CredentialsType `json:"type"`
		ClientEmail string                 `json:"client_email"`
		PrivateKey  string                 `json:"private_key"`
		KeyID       string                 `json:"private_key_id"`
	}
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, fmt.Errorf("%s: want a JSON document as Google issues it, got %s", origin, describeJSONError(err, len(document)))
	}
	if !slices.Contains(credentialTypes, fields.Type) {
		return nil, fmt.Errorf("%s: got type %q, want one of %q", origin, truncate(string(fields.Type), 40), credentialTypes)
	}
	if fields.Type == google.ServiceAccount {
		switch {
		case fields.ClientEmail == "":
			return nil, fmt.Errorf("%s: client_email is missing from the service-account document", origin)
		case fields.PrivateKey == "":
			return nil, fmt.Errorf("%s: private_key is missing from the service-account document", origin)
		case !isPrivateKey(fields.PrivateKey):
			return nil, fmt.Errorf("%s: private_key is not an RSA key in PEM form", origin)
		}
	}
	if err := checkCredentialURLs(document); err != nil {
		return nil, fmt.Errorf("%s: %w", origin, err)
	}
	return &credentialDocument{
		origin: origin, json: document, kind: fields.Type,
		account: truncate(fields.ClientEmail, 200), keyID: truncate(fields.KeyID, 80),
	}, nil
}

// isPrivateKey says whether text is a key that an assertion can be signed with.
// Found out only when signing in, a damaged one would look like an outage.
func isPrivateKey(text string) bool {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return false
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return true
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	_, isRSA := key.(*rsa.PrivateKey)
	return err == nil && isRSA
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

// truncate cuts text to at most limit bytes, for errors.
func truncate(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}
