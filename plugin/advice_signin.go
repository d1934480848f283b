package plugin

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"golang.org/x/oauth2/google"
)

// What the descriptions of Google's token endpoint and of its token exchange
// say. They are not documented; these are as people report them.
var (
	saysSignature = regexp.MustCompile(`(?i)invalid jwt signature|invalid signature`)
	saysNoAccount = regexp.MustCompile(`(?i)account (was )?not found|not a valid email|account has been deleted`)
	saysDisabled  = regexp.MustCompile(`(?i)disabled`)
	saysClock     = regexp.MustCompile(`(?i)timeframe|\biat\b|issued (in the future|at)|used too early`)
	saysStale     = regexp.MustCompile(`(?i)stale|expired|revoked|rapt`)
)

// adviseSignIn is for access tokens that are not to be had.
func (c *config) adviseSignIn(e *authError) string {
	var (
		refused *tokenRefusal
		none    *noCredentialsError
		file    *credentialError
	)
	switch {
	case errors.As(e.err, &none):
		return fmt.Sprintf("put the key that Google gave you into ~/%s, or its path into %s", homeCredentials, fieldCredentialsFile)
	case errors.As(e.err, &file):
		return "put the document there as Google issued it; it is read again at each attempt"
	case !errors.As(e.err, &refused):
		if e.document == nil {
			return fmt.Sprintf("check the %s: the file that GOOGLE_APPLICATION_CREDENTIALS names, or the account that the machine or the pod runs as", defaultCredentials)
		}
		if e.document.kind == google.ExternalAccount {
			return "check the credential_source in " + e.document.origin + ", and what it leads to"
		}
		return ""
	case refused.code >= 500, refused.code == http.StatusTooManyRequests:
		return ""
	case refused.reason == detailServiceDisabled:
		return "enable the API that issues tokens in that project: gcloud services enable iamcredentials.googleapis.com sts.googleapis.com"
	}
	switch refused.party {
	case partyImpersonate:
		return "grant the identity of the credentials the role Service Account Token Creator (roles/iam.serviceAccountTokenCreator) on the account that it impersonates, or Workload Identity User where it is federated; and check that this account exists"
	case partySubject:
		return "check credential_source.url and its headers in " + c.originOf(e) + ", and what answers there"
	}
	if e.document != nil && e.document.kind == google.ExternalAccount {
		return c.adviseFederation(e, refused)
	}
	return c.adviseKey(e, refused)
}

// adviseKey is for what the token endpoint says of a service account's key, or
// of a person's refresh token.
func (c *config) adviseKey(e *authError, refused *tokenRefusal) string {
	origin, account := c.originOf(e), "the account"
	if e.document != nil && e.document.account != "" {
		account = e.document.account
	}
	switch said := refused.problem + ": " + refused.description; {
	case saysClock.MatchString(said):
		if refused.clock.isOff(clockTolerance) {
			return "set the clock of this machine, which is " + refused.clock.String() + ", and have it follow a time server"
		}
		return "is the clock of this machine right? It shows " + time.Now().UTC().Format(time.RFC3339) + "; have it follow a time server"
	case saysSignature.MatchString(said):
		key := ""
		if e.document != nil && e.document.keyID != "" {
			key = ", " + e.document.keyID + ","
		}
		return fmt.Sprintf("make or ask for a new key of %s; the one in %s%s was deleted or replaced", account, origin, key)
	case saysNoAccount.MatchString(said):
		return fmt.Sprintf("take the key of another account, or have %s restored: it does not exist any more", account)
	case saysDisabled.MatchString(said):
		return fmt.Sprintf("have %s enabled again, or take the key of another account", account)
	case refused.problem == "invalid_scope", refused.problem == "unauthorized_client":
		return fmt.Sprintf("take a key that may use the scope %s, which is that of %s", c.scope, c.apiName())
	case e.document != nil && e.document.kind == google.AuthorizedUser, saysStale.MatchString(said):
		return "sign in again with gcloud auth application-default login; a service account needs no such renewal"
	case refused.problem == "invalid_grant":
		return fmt.Sprintf("make or ask for a new key of %s; the one in %s is refused", account, origin)
	}
	return "check token_uri and the other fields of " + origin + ": they have to be as Google issued them"
}

// adviseFederation is for what the token exchange says of another provider's
// identity token.
func (c *config) adviseFederation(e *authError, refused *tokenRefusal) string {
	origin := c.originOf(e)
	switch {
	case refused.problem == "invalid_target":
		return "check audience in " + origin + ": the workload identity pool or its provider does not exist, or is disabled"
	case refused.problem == "unauthorized_client":
		return "check the attribute condition of the workload identity provider, which refuses this identity"
	case saysStale.MatchString(refused.description):
		return "have the subject token renewed where credential_source in " + origin + " finds it; check the clock of this machine, too"
	}
	return "check audience, subject_token_type and credential_source in " + origin + ", and the issuer and allowed audiences of the workload identity provider"
}

func (*config) originOf(e *authError) string {
	if e.document == nil {
		return "the " + defaultCredentials
	}
	return e.document.origin
}
