package chronicletest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// requestBodyLimit is the most that a stream request's body may have, in bytes.
const requestBodyLimit = 1 << 20

// serve answers every request that is not for the token endpoint: unless a
// control function does, it decides, remembers the decision, and carries it out.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, requestBodyLimit))
	var fields payload
	var refusal *Refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		refusal = invalidArgument("Request payload size exceeds the limit: %d bytes.", tooLarge.Limit)
	case err != nil:
		return // the client broke off
	default:
		fields, refusal = readPayload(r.Header.Get("Content-Type"), body)
	}

	a := s.apiFor(r.URL.Path)
	seen := describe(r, a, body, fields, arrived)
	call := newCall(seen, int(s.arrivals.Add(1)), r, &s.script)
	remember := func(status int) {
		seen.Status = status
		s.requests.add(seen)
	}
	if s.controls.answer(w, call, remember) {
		return
	}
	st, refusal := s.admit(r, a, fields, refusal, call.step)
	if refusal != nil {
		full := refusal.withDefaults()
		remember(full.Status)
		full.answer(w)
		return
	}
	defer s.streams.leave()
	remember(http.StatusOK)
	st.serve(r.Context(), w)
}

// admit decides on a request, in this order: what it is for, who asks, what the
// script says (which take gives the step of), what the request says (malformed is
// what came of reading its body), and whether there is room. A nil refusal means
// that the stream has taken its place among the open ones.
func (s *Server) admit(r *http.Request, a api, fields payload, malformed *Refusal, take func() Step) (*stream, *Refusal) {
	if a == nil {
		return nil, &Refusal{Status: http.StatusNotFound, Message: "Requested entity was not found: " + r.URL.Path}
	}
	if r.Method != http.MethodPost {
		return nil, &Refusal{
			Status:  http.StatusMethodNotAllowed,
			Message: r.Method + " is not supported here, POST is.",
			Header:  http.Header{"Allow": {http.MethodPost}},
		}
	}
	now := time.Now()
	caller, refusal := s.authenticate(r.Header.Get("Authorization"), now)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := a.authorize(r, caller); refusal != nil {
		return nil, refusal
	}

	step := take()
	if step.Refuse != nil {
		return nil, step.refusal()
	}
	if malformed != nil {
		return nil, malformed
	}
	begin, refusal := a.read(fields, s.reach(now))
	if refusal != nil {
		return nil, refusal
	}
	if !s.streams.enter() {
		return nil, &Refusal{
			Status:  http.StatusTooManyRequests,
			Message: "Quota exceeded for concurrent detection alert streams.",
		}
	}
	return s.newStream(a, begin, step), nil
}

// apiFor is the API that serves a path, nil for none.
func (s *Server) apiFor(path string) api {
	for _, a := range s.apis {
		if a.serves(path) {
			return a
		}
	}
	return nil
}

// reach is what can be resumed from at now. Positions that were given out are
// good even if they lie ahead of the clock, as they do when batches are
// appended in quick succession.
func (s *Server) reach(now time.Time) reach {
	within := reach{
		oldest:    now.Add(-s.options.retention),
		newest:    now,
		retention: s.options.retention,
	}
	if latest := s.history.latest(); latest.After(now) {
		within.newest = latest
	}
	return within
}

// authenticate checks an Authorization header, RFC 6750, and tells what its
// token is good for.
func (s *Server) authenticate(authorization string, now time.Time) (grant, *Refusal) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if authorization == "" || !strings.EqualFold(scheme, "Bearer") {
		return grant{}, &Refusal{
			Status: http.StatusUnauthorized,
			Message: "Request is missing required authentication credential. " +
				"Expected OAuth 2 access token, login cookie or other valid authentication credential.",
			Header: http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/"`}},
		}
	}
	g, ok := s.issuer.check(token, now)
	if !ok {
		return grant{}, &Refusal{
			Status: http.StatusUnauthorized,
			Message: "Request had invalid authentication credentials. " +
				"Expected OAuth 2 access token, login cookie or other valid authentication credential.",
			Header: http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/", error="invalid_token"`}},
		}
	}
	return g, nil
}

// refusal is the step's, with the step's own headers.
func (st Step) refusal() *Refusal {
	refusal := *st.Refuse
	refusal.Header = make(http.Header)
	setHeaders(refusal.Header, st.Header)
	setHeaders(refusal.Header, st.Refuse.Header)
	return &refusal
}
