package signin

import (
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
)

// A Refusal is the answer of one of the parties other than yes.
type Refusal struct {
	Party Party
	Host  string
	// Code is the HTTP status, and Status the same as it was sent.
	Code   int
	Status string
	// Problem and Description are the two fields that RFC 6749 defines for
	// people, or those of Google's error object; "" where none came.
	Problem, Description string
	// Reason is the machine-readable reason in Google's error object.
	Reason string
	// RetryAfter is the longest that was asked to wait; 0 where nothing was.
	RetryAfter time.Duration
	// Clock is that of who answered.
	Clock answer.Clock
}

func newRefusal(req *http.Request, response *http.Response, body []byte) *Refusal {
	now := time.Now()
	r := &Refusal{
		Party: PartyToken, Host: req.URL.Host, Code: response.StatusCode, Status: response.Status,
		RetryAfter: answer.RetryAfter(response.Header, now), Clock: answer.ReadClock(response.Header, now),
	}
	switch {
	case strings.HasSuffix(req.URL.Path, ":generateAccessToken"):
		r.Party = PartyImpersonate
	case req.Method == http.MethodGet:
		r.Party = PartySubject
	}
	var oauth struct {
		Problem     string `json:"error"`
		Description string `json:"error_description"`
	}
	// An answer of neither shape has no more to say than its status.
	if json.Unmarshal(body, &oauth) == nil {
		r.Problem, r.Description = oauth.Problem, oauth.Description
	} else if said := answer.ReadErrorObject(body); said != nil {
		r.Problem, r.Description, r.Reason = said.Status, said.Message, said.Reason
		r.RetryAfter = max(r.RetryAfter, said.RetryDelay)
	}
	r.Problem, r.Description = answer.Cut(r.Problem, 100), answer.Cut(r.Description, answer.WordsLimit)
	return r
}

func (r *Refusal) Error() string {
	text := string(r.Party)
	if r.Party != PartyToken {
		text += " at " + r.Host
	}
	text += " answered " + r.Status
	if r.Problem != "" {
		text += " " + r.Problem
	}
	if r.Description != "" {
		text += ": " + r.Description
	}
	return text
}
