package signin

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
)

// A Party is who is asked in an exchange, in the words of errors.
type Party string

// The parties of an exchange.
const (
	// PartyToken issues access tokens.
	PartyToken Party = "the token endpoint"
	// PartyImpersonate issues those of an account that is impersonated.
	PartyImpersonate Party = "the endpoint for impersonation"
	// PartySubject has the identity token that is exchanged.
	PartySubject Party = "the source of the subject token"
	// PartyMetadata issues those of the machine's own account.
	PartyMetadata Party = "the metadata server"
)

// partyOf is who is asked with a request.
func partyOf(req *http.Request) Party {
	switch {
	case req.Method == http.MethodGet && req.URL.Path == metadataToken:
		return PartyMetadata
	case req.Method != http.MethodPost:
		return PartySubject
	case strings.HasSuffix(req.URL.Path, ":generateAccessToken"):
		return PartyImpersonate
	}
	return PartyToken
}

// A Refusal is the answer of one of the parties other than a token.
type Refusal struct {
	Party Party
	Host  string
	// Code is the HTTP status, and Status the same as it was sent.
	Code   int
	Status string
	// Problem and Description are the two fields that RFC 6749 defines for
	// people, or those of Google's error object; "" where none came.
	Problem, Description string
	// Cause is what Google's error object says for programs.
	answer.Cause
	// Foreign says that the answer is none of such a party, but a page of a front
	// end or a proxy.
	Foreign bool
	// RetryAfter is the longest that was asked to wait; 0 where nothing was.
	RetryAfter time.Duration
	// Clock is that of who answered.
	Clock answer.Clock
}

func newRefusal(party Party, req *http.Request, response *http.Response, body []byte) *Refusal {
	now := time.Now()
	r := &Refusal{
		Party: party, Host: req.URL.Host, Code: response.StatusCode, Status: response.Status,
		RetryAfter: answer.RetryAfter(response.Header, now), Clock: answer.ReadClock(response.Header, now),
		Foreign: answer.IsForeign(body),
	}
	var oauth struct {
		Problem     string `json:"error"`
		Description string `json:"error_description"`
	}
	// An answer of no known shape has no more to say than its status.
	if json.Unmarshal(body, &oauth) == nil {
		r.Problem, r.Description = oauth.Problem, oauth.Description
		r.PolicyID = answer.PolicyID(oauth.Description)
	} else if said := answer.ReadErrorObject(body); said != nil {
		r.Problem, r.Description, r.Cause = said.Status, said.Message, said.Cause
		r.RetryAfter = max(r.RetryAfter, said.RetryDelay)
	} else if bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		// Other text may hold a token.
		r.Description = answer.Words(body)
	}
	r.Problem, r.Description = answer.Cut(r.Problem, 100), answer.Cut(r.Description, answer.WordsLimit)
	return r
}

func (r *Refusal) Error() string {
	text := string(r.Party)
	switch {
	case r.Code < 300:
		text += "'s answer has none"
	case r.Party == PartyToken:
		text += " answered " + r.Status
	default:
		text += " at " + r.Host + " answered " + r.Status
	}
	if r.Problem != "" {
		text += " " + r.Problem
	}
	if r.Description != "" {
		text += ": " + r.Description
	}
	return text
}
