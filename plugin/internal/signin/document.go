package signin

import (
	"bytes"
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

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
)

// HomeCredentials is where Google's own Chronicle clients look for a
// service-account key, below the home directory.
const HomeCredentials = ".chronicle_credentials.json"

// credentialTypes are the documents that Google issues for programs.
var credentialTypes = []google.CredentialsType{
	google.ServiceAccount,
	google.ExternalAccount,
	google.ImpersonatedServiceAccount,
	google.ExternalAccountAuthorizedUser,
	google.AuthorizedUser,
}

// Credentials is where credentials come from: the first of the document, the
// file, the file in the home directory and Application Default Credentials.
type Credentials struct {
	// Document is a credentials document itself, "" for none.
	Document string
	// File is the path of one, "" for none.
	File string
	// Origin names Document in errors, in the words of the person who set it.
	Origin string
	// Unset says that neither was set, in such words.
	Unset string
	// QuotaProject is the project that requests count for; "" means that of the
	// document, or else of the environment.
	QuotaProject string
}

// A Document is one credentials document, as it is right now. What of it is not
// secret is exported.
type Document struct {
	// Origin names the document in errors: a setting or a file.
	Origin string
	// Kind is the document's type, such as service_account.
	Kind google.CredentialsType
	// Account and KeyID are a service account's.
	Account, KeyID string
	// QuotaProject is the project that requests with it count for, "" where it
	// names none.
	QuotaProject string

	json []byte
}

// Path is the file with the document, "" where there is none to look for.
func (c Credentials) Path() string {
	switch {
	case c.Document != "":
		return ""
	case c.File != "":
		return c.File
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, HomeCredentials)
}

// read returns the current document, or nil where Application Default
// Credentials apply. Errors name the file, never its contents.
func (c Credentials) read() (*Document, error) {
	if c.Document != "" {
		return parseDocument(c.Origin, []byte(c.Document))
	}
	file := c.Path()
	if file == "" {
		return nil, nil
	}
	contents, err := os.ReadFile(file) //nolint:gosec // Which file it is, is the user's to say.
	if c.File == "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		// The home of a system user is often no directory, such as /dev/null.
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the credentials file: %w", err)
	}
	return parseDocument("credentials file "+file, contents)
}

// Check reads the document once, so that a wrong one is refused before any
// request.
func (c Credentials) Check() error {
	_, err := c.read()
	return err
}

func parseDocument(origin string, document []byte) (*Document, error) {
	// Some editors and shells put a byte order mark before what they write.
	document = bytes.TrimPrefix(document, []byte("\ufeff"))
	var fields struct {
		Type         google.CredentialsType `json:"type"`
		ClientEmail  string                 `json:"client_email"`
		PrivateKey   string                 `json:"private_key"`
		KeyID        string                 `json:"private_key_id"`
		QuotaProject string                 `json:"quota_project_id"`
	}
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, fmt.Errorf("%s: want a JSON document as Google issues it, got %s", origin, describeProblem(document, err))
	}
	if !slices.Contains(credentialTypes, fields.Type) {
		return nil, fmt.Errorf("%s: got type %q, want one of %q", origin, answer.Cut(string(fields.Type), 40), credentialTypes)
	}
	if fields.Type == google.ServiceAccount {
		switch {
		case fields.ClientEmail == "":
			return nil, fmt.Errorf("%s: client_email is missing from the service-account document", origin)
		case fields.PrivateKey == "":
			return nil, fmt.Errorf("%s: private_key is missing from the service-account document", origin)
		case !isPrivateKey(fields.PrivateKey):
			return nil, fmt.Errorf("%s: private_key is not an RSA key in PEM form%s", origin, damageOf(fields.PrivateKey))
		}
	}
	if err := checkQuotaProject(fields.QuotaProject); err != nil {
		return nil, fmt.Errorf("%s: quota_project_id: %w", origin, err)
	}
	if err := checkURLs(document); err != nil {
		return nil, fmt.Errorf("%s: %w", origin, err)
	}
	return &Document{
		Origin: origin, Kind: fields.Type, json: document,
		Account: answer.Cut(fields.ClientEmail, 200), KeyID: answer.Cut(fields.KeyID, 80),
		QuotaProject: fields.QuotaProject,
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
