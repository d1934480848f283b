package signin

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"

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
// Those are the file that GOOGLE_APPLICATION_CREDENTIALS names, that of gcloud,
// or the metadata server.
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
	// Awaited says that a source which is missing may still come. One is awaited
	// as well where the environment names a metadata server.
	Awaited bool
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
	path string // of the file that it is in, "" for none
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
	if err := checkSupported(document); err != nil {
		return nil, fmt.Errorf("%s: %w", origin, err)
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
