package chronicletest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"
)

const (
	tokenPath      = "/token"
	jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	// tokenBodyLimit is far beyond any assertion, in bytes.
	tokenBodyLimit = 1 << 20
)

// ScriptToken queues what happens to the next requests for tokens, one step each:
// to the token endpoint, and to the others that a client may ask on its way to a
// token. Those that a function of ControlToken answers take none. Once the queue
// is empty they are answered normally.
func (s *Server) ScriptToken(steps ...TokenStep) { s.tokenScript.add(steps...) }

// TokenRequests is how many requests for tokens there were so far, refused ones
// included.
func (s *Server) TokenRequests() int { return int(s.tokenRequests.Load()) }

// AccessToken issues a token without the token endpoint, for a client that
// can't sign, such as curl. Without scopes it is good for every stream.
func (s *Server) AccessToken(scopes ...string) string {
	if len(scopes) == 0 {
		for _, a := range s.apis {
			scopes = append(scopes, a.scope())
		}
	}
	return s.issuer.give(slices.Clone(scopes), time.Now())
}

// RevokeTokens makes every token issued so far bad: from now on it is refused
// with 401. Streams that are open stay open.
func (s *Server) RevokeTokens() { s.issuer.revoke() }

// serveToken answers one request for a token: by a control function, by the
// script, or else with answer.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request, method string, answer http.HandlerFunc) {
	arrived, number := time.Now(), int(s.tokenRequests.Add(1))
	// Read in any case: only then does a server notice that its client left.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, tokenBodyLimit))
	call := newCall(describe(r, nil, body, nil, arrived), number, r, &s.tokenScript)
	if s.tokenControls.answer(w, call, func(int) {}) {
		return // requests for tokens are counted, and not remembered
	}
	r.Body = io.NopCloser(bytes.NewReader(body))

	switch step := call.step(); {
	case step.Stall:
		s.stall(r.Context())
	case step.Status != 0 || step.Body != nil:
		step.answer(w)
	case r.Method != method:
		w.Header().Set("Allow", method)
		writeOAuthError(w, http.StatusMethodNotAllowed, &oauthError{Code: "invalid_request", Description: "Only " + method + " is supported."})
	case err != nil:
		writeOAuthError(w, http.StatusBadRequest, &oauthError{Code: "invalid_request", Description: err.Error()})
	default:
		if isForm(r) {
			if err := r.ParseForm(); err != nil {
				writeOAuthError(w, http.StatusBadRequest, &oauthError{Code: "invalid_request", Description: err.Error()})
				return
			}
		}
		answer(w, r)
	}
}

func isForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

// grantToken turns a good assertion into an access token, RFC 7523.
func (s *Server) grantToken(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	if got := r.PostForm.Get("grant_type"); got != jwtBearerGrant {
		writeOAuthError(w, http.StatusBadRequest, &oauthError{Code: "unsupported_grant_type", Description: "Invalid grant_type: " + got})
		return
	}
	check := assertionCheck{
		account:  accountEmail,
		audience: s.URL + tokenPath,
		keyID:    s.issuer.currentKey(),
		key:      &signingKey().PublicKey,
		now:      now,
	}
	scopes, problem := check.scopes(r.PostForm.Get("assertion"))
	if problem != nil {
		writeOAuthError(w, http.StatusBadRequest, problem)
		return
	}
	token, ok := s.issuer.issue(check.keyID, scopes, now)
	if !ok {
		writeOAuthError(w, http.StatusBadRequest, invalidGrant("Invalid JWT Signature."))
		return
	}
	writeJSON(w, http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"` // seconds
		TokenType   string `json:"token_type"`
	}{token, int(s.options.tokenLifetime / time.Second), "Bearer"})
}

// answer is the scripted answer of a step that doesn't stall.
func (t TokenStep) answer(w http.ResponseWriter) {
	setHeaders(w.Header(), t.Header)
	status := t.Status
	if status == 0 {
		status = http.StatusOK
	}
	if t.Body == nil {
		code := "invalid_grant"
		if status >= http.StatusInternalServerError {
			code = "internal_failure"
		}
		writeOAuthError(w, status, &oauthError{Code: code, Description: http.StatusText(status)})
		return
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(t.Body) // a client that has left needs no answer
}

func writeOAuthError(w http.ResponseWriter, status int, problem *oauthError) {
	writeJSON(w, status, problem)
}

// jsonType is the content type of everything that Google answers.
const jsonType = "application/json; charset=UTF-8"

// writeJSON answers with v, which is always one of this package's own types.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("chronicletest: encoding an answer: " + err.Error())
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has left needs no answer
}
