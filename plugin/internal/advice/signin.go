package advice

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"golang.org/x/oauth2/google"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
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
func (a About) adviseSignIn(e *signin.Error) string {
	var (
		refused *signin.Refusal
		none    *signin.NoCredentialsError
		file    *signin.CredentialError
	)
	switch {
	case errors.As(e.Err, &none):
		return fmt.Sprintf("put the key that Google gave you into ~/%s, or its path into %s", signin.HomeCredentials, field.CredentialsFile)
	case errors.As(e.Err, &file):
		return "put the document there as Google issued it; it is read again at each attempt"
	case !errors.As(e.Err, &refused):
		if e.Document == nil {
			return adviseMetadata()
		}
		if e.Document.Kind == google.ExternalAccount {
			return "check the credential_source in " + e.Document.Origin + ", and what it leads to"
		}
		return ""
	}
	if todo := adviseCause(refused.Cause, refused.Description); todo != "" {
		return todo
	}
	isPage := refused.Foreign || refused.Code >= 300 && refused.Code < 400
	switch {
	case isPage && (refused.Party == signin.PartyToken || refused.Party == signin.PartyImpersonate):
		return a.adviseForeignToken(e, refused)
	case refused.Code >= 500, refused.Code == http.StatusTooManyRequests:
		return ""
	case refused.Reason == detailServiceDisabled:
		return "enable the API that issues tokens in that project: gcloud services enable iamcredentials.googleapis.com sts.googleapis.com"
	}
	switch refused.Party {
	case signin.PartyMetadata:
		return adviseMetadata()
	case signin.PartyImpersonate:
		if refused.Reason == detailScope || saysScope.MatchString(refused.Description) {
			return "have the token that impersonates made for the scope " + signin.CloudPlatformScope + ": on a virtual machine that is in its access scopes"
		}
		return "grant the identity of the credentials the role Service Account Token Creator (roles/iam.serviceAccountTokenCreator) on the account that it impersonates, or Workload Identity User where it is federated; and check that this account exists"
	case signin.PartySubject:
		return "check credential_source.url and its headers in " + a.originOf(e) + ", and what answers there"
	}
	if e.Document != nil && e.Document.Kind == google.ExternalAccount {
		return a.adviseFederation(e, refused)
	}
	return a.adviseKey(e, refused)
}

// adviseMetadata is for what the metadata server says, or has not.
func adviseMetadata() string {
	return fmt.Sprintf("check the %s: the file that GOOGLE_APPLICATION_CREDENTIALS names, or the account that the machine or the pod runs as", signin.DefaultCredentials)
}

// adviseForeignToken is for a page where a token should be.
func (a About) adviseForeignToken(e *signin.Error, refused *signin.Refusal) string {
	name := "token_uri"
	switch {
	case refused.Party == signin.PartyImpersonate:
		name = "service_account_impersonation_url"
	case e.Document != nil && e.Document.Kind != google.ServiceAccount && e.Document.Kind != google.AuthorizedUser:
		name = "token_url"
	}
	todo := fmt.Sprintf("find out what answers at %s instead of %s, such as a front end, a proxy or a sign-in page, and have the proxy let requests to that host through; check %s and the other fields of %s: they have to be as Google issued them",
		refused.Host, refused.Party, name, a.originOf(e))
	if refused.Code >= http.StatusInternalServerError {
		return "if it lasts, " + todo
	}
	return todo
}

// adviseKey is for what the token endpoint says of a service account's key, or
// of a person's refresh token.
func (a About) adviseKey(e *signin.Error, refused *signin.Refusal) string {
	origin, account := a.originOf(e), "the account"
	if e.Document != nil && e.Document.Account != "" {
		account = e.Document.Account
	}
	switch said := refused.Problem + ": " + refused.Description; {
	case saysClock.MatchString(said):
		if refused.Clock.IsOff(answer.ClockTolerance) {
			return "set the clock of this machine, which is " + refused.Clock.String() + ", and have it follow a time server"
		}
		return "is the clock of this machine right? It shows " + time.Now().UTC().Format(time.RFC3339) + "; have it follow a time server"
	case saysSignature.MatchString(said):
		key := ""
		if e.Document != nil && e.Document.KeyID != "" {
			key = ", " + e.Document.KeyID + ","
		}
		return fmt.Sprintf("make or ask for a new key of %s; the one in %s%s was deleted or replaced", account, origin, key)
	case saysNoAccount.MatchString(said):
		return fmt.Sprintf("take the key of another account, or have %s restored: it does not exist any more", account)
	case saysDisabled.MatchString(said):
		return fmt.Sprintf("have %s enabled again, or take the key of another account", account)
	case refused.Problem == "invalid_scope", refused.Problem == "unauthorized_client":
		return fmt.Sprintf("take a key that may use the scope %s, which is that of %s", a.Endpoint.Scope, a.Endpoint.API.Name())
	case e.Document != nil && e.Document.Kind == google.AuthorizedUser, saysStale.MatchString(said):
		return "sign in again with gcloud auth application-default login; a service account needs no such renewal"
	case refused.Problem == "invalid_grant":
		return fmt.Sprintf("make or ask for a new key of %s; the one in %s is refused", account, origin)
	}
	return "check token_uri and the other fields of " + origin + ": they have to be as Google issued them"
}

// adviseFederation is for what the token exchange says of another provider's
// identity token.
func (a About) adviseFederation(e *signin.Error, refused *signin.Refusal) string {
	origin := a.originOf(e)
	switch {
	case refused.Problem == "invalid_target":
		return "check audience in " + origin + ": the workload identity pool or its provider does not exist, or is disabled"
	case refused.Problem == "unauthorized_client":
		return "check the attribute condition of the workload identity provider, which refuses this identity"
	case saysStale.MatchString(refused.Description):
		return "have the subject token renewed where credential_source in " + origin + " finds it; check the clock of this machine, too"
	}
	return "check audience, subject_token_type and credential_source in " + origin + ", and the issuer and allowed audiences of the workload identity provider"
}

func (About) originOf(e *signin.Error) string {
	if e.Document == nil {
		return "the " + signin.DefaultCredentials
	}
	return e.Document.Origin
}
