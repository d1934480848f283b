package chronicletest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// The one service account that the server knows.
const (
	accountProject = "chronicle-stand-in"
	accountEmail   = "detections@chronicle-stand-in.iam.gserviceaccount.com"
	accountID      = "100000000000000000001"
)

// CredentialsJSON is a service-account document that signs with the server's
// current key and gets its tokens at the server's own token endpoint.
func (s *Server) CredentialsJSON() []byte {
	doc := struct {
		Type         string `json:"type"`
		ProjectID    string `json:"project_id"`
		PrivateKeyID string `json:"private_key_id"`
		PrivateKey   string `json:"private_key"`
		ClientEmail  string `json:"client_email"`
		ClientID     string `json:"client_id"`
		TokenURI     string `json:"token_uri"`
	}{
		"service_account", accountProject, s.issuer.currentKey(), signingKeyPEM(),
		accountEmail, accountID, s.URL + tokenPath,
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic("chronicletest: encoding credentials: " + err.Error())
	}
	return append(text, '\n')
}

// WriteCredentials writes CredentialsJSON to a file that only its owner may
// read. The file is replaced in one step, so that a client that reads it again
// at the same time sees the old document or the new one, and never a part.
func (s *Server) WriteCredentials(path string) error {
	// A temporary file has mode 0600 from the start.
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("creating a file beside %s: %w", path, err)
	}
	_, err = f.Write(s.CredentialsJSON())
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return fmt.Errorf("writing credentials to %s: %w", path, err)
	}
	return nil
}

// RotateKey gives the service account a new key, as after an incident: from now
// on assertions signed under the old key id are refused with invalid_grant, and
// tokens issued under it with 401. CredentialsJSON has the new one.
func (s *Server) RotateKey() { s.issuer.rotate() }
