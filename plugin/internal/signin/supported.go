package signin

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
)

// universe is the domain of the Google Cloud that Chronicle is part of.
const universe = "googleapis.com"

// checkSupported refuses documents that Google issues and that lead to no token
// here, so that they are named instead of failing somewhere on the way.
func checkSupported(document []byte) error {
	var said struct {
		Universe string `json:"universe_domain"`
		Source   struct {
			Certificate json.RawMessage `json:"certificate"`
		} `json:"credential_source"`
		SourceCredentials json.RawMessage `json:"source_credentials"`
	}
	if err := json.Unmarshal(document, &said); err != nil {
		return errors.New("got " + describeJSONError(err, len(document)))
	}
	switch {
	case said.Universe != "" && !strings.EqualFold(said.Universe, universe):
		return fmt.Errorf("universe_domain: got %q, want %s: credentials of other clouds are not supported", answer.Cut(said.Universe, 100), universe)
	case len(said.Source.Certificate) > 0 && string(said.Source.Certificate) != "null":
		return errors.New("credential_source.certificate: X.509 certificates are not supported, want a file, a url, an executable or AWS as the credential_source")
	case len(said.SourceCredentials) > 0:
		if err := checkSupported(said.SourceCredentials); err != nil {
			return fmt.Errorf("source_credentials: %w", err)
		}
	}
	return nil
}
