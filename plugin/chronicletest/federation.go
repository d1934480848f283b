package chronicletest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	exchangePath  = "/v1/token"
	exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"

	impersonationPath = "/v1/projects/-/serviceAccounts/" + accountEmail + ":generateAccessToken"

	subjectPath = "/subject-token"
	// subjectHeader is what the source of subject tokens wants in a request, as
	// those of clouds want one of their own.
	subjectHeader = "X-Subject-Source"
	subjectType   = "urn:ietf:params:oauth:token-type:jwt"

	federationAudience = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/stand-in/providers/stand-in"
)

// Federation is how a workload of another cloud signs in: it has a subject token
// of its own provider, and no key.
type Federation struct {
	// TokenFile is the file that holds the subject token, see
	// [Server.WriteSubjectToken]. Where it is empty the subject token is to be
	// had at a URL of the server's own.
	TokenFile string
	// Impersonate makes the workload act as the service account, instead of
	// with its own identity.
	Impersonate bool
}

// FederatedCredentialsJSON is a workload-identity document: the subject token is
// exchanged at the server's own token exchange, RFC 8693.
func (s *Server) FederatedCredentialsJSON(f Federation) []byte {
	source := map[string]any{"file": f.TokenFile}
	if f.TokenFile == "" {
		source = map[string]any{
			"url":     s.URL + subjectPath,
			"headers": map[string]string{subjectHeader: "true"},
			"format":  map[string]string{"type": "json", "subject_token_field_name": "id_token"},
		}
	}
	document := map[string]any{
		"type":               "external_account",
		"audience":           federationAudience,
		"subject_token_type": subjectType,
		"token_url":          s.URL + exchangePath,
		"credential_source":  source,
	}
	if f.Impersonate {
		document["service_account_impersonation_url"] = s.URL + impersonationPath
	}
	return mustEncode(document)
}

// ImpersonatedCredentialsJSON is a document with which one service account acts
// as another: the server's own as itself, for want of a second one.
func (s *Server) ImpersonatedCredentialsJSON() []byte {
	return mustEncode(map[string]any{
		"type":                              "impersonated_service_account",
		"service_account_impersonation_url": s.URL + impersonationPath,
		"source_credentials":                json.RawMessage(s.CredentialsJSON()),
	})
}

// WriteSubjectToken writes the subject token that the token exchange accepts at
// present to a file that only its owner may read.
func (s *Server) WriteSubjectToken(path string) error {
	if err := os.WriteFile(path, []byte(s.issuer.currentSubject()+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the subject token: %w", err)
	}
	return nil
}

// RenewSubjectToken replaces the subject token, as providers do every hour or
// so: from now on the old one is refused as stale. Access tokens stay good.
func (s *Server) RenewSubjectToken() { s.issuer.renewSubject() }

// serveExchange turns a good subject token into an access token.
func (s *Server) serveExchange(w http.ResponseWriter, r *http.Request) {
	refuse := func(code, format string, args ...any) {
		writeOAuthError(w, http.StatusBadRequest, &oauthError{Code: code, Description: fmt.Sprintf(format, args...)})
	}
	form := r.PostForm
	switch {
	case form.Get("grant_type") != exchangeGrant:
		refuse("unsupported_grant_type", "Invalid grant_type: %s", form.Get("grant_type"))
	case form.Get("audience") != federationAudience:
		refuse("invalid_target", "The target service indicated by the \"audience\" parameters is invalid.")
	case form.Get("subject_token_type") != subjectType:
		refuse("invalid_request", "Invalid subject_token_type: %s", form.Get("subject_token_type"))
	case form.Get("subject_token") != s.issuer.currentSubject():
		refuse("invalid_grant", "ID Token is stale to sign-in.")
	case form.Get("scope") == "":
		refuse("invalid_scope", "Missing the scope.")
	default:
		writeJSON(w, http.StatusOK, map[string]any{
			"access_token":      s.issuer.give(strings.Fields(form.Get("scope")), time.Now()),
			"issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
			"token_type":        "Bearer",
			"expires_in":        int(s.options.tokenLifetime / time.Second),
		})
	}
}

// serveImpersonation gives whoever has a token good for it one of the service
// account's.
func (s *Server) serveImpersonation(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	caller, refusal := s.authenticate(r.Header.Get("Authorization"), now)
	var asked struct {
		Scope    []string `json:"scope"`
		Lifetime string   `json:"lifetime"`
	}
	err := json.NewDecoder(r.Body).Decode(&asked)
	switch {
	case refusal != nil:
	case !caller.allows(chronicleScope):
		refusal = &Refusal{Status: http.StatusForbidden, Message: "Request had insufficient authentication scopes."}
	case err != nil || len(asked.Scope) == 0:
		refusal = invalidArgument("The request wants scopes.")
	}
	if refusal != nil {
		refusal.withDefaults().answer(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{
		"accessToken": s.issuer.give(asked.Scope, now),
		"expireTime":  now.Add(s.options.tokenLifetime).UTC().Format(time.RFC3339),
	})
}

// serveSubject hands out the subject token, as the metadata servers of other
// clouds do.
func (s *Server) serveSubject(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(subjectHeader) != "true" {
		invalidArgument("The header %s is missing.", subjectHeader).withDefaults().answer(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"id_token": s.issuer.currentSubject()})
}

func mustEncode(document map[string]any) []byte {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic("chronicletest: encoding credentials: " + err.Error())
	}
	return append(text, '\n')
}
