package chronicletest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// A search answers with what is in a span of creation times, newest first and page
// by page. Paths, parameters and limits are from Google's documentation of
// legacySearchDetections, legacySearchCuratedDetections and curatedRules, and of
// the Backstory API's detections methods.

const (
	searchMethod        = "/legacy:legacySearchDetections"
	searchCuratedMethod = "/legacy:legacySearchCuratedDetections"
	curatedRulesPath    = "/curatedRules"

	backstorySearchPath        = "/v2/detect/rules/-/detections"
	backstorySearchCuratedPath = "/v2/detect/curatedRules/-/detections"

	searchPermission        = "chronicle.legacies.legacySearchDetections"
	searchCuratedPermission = "chronicle.legacies.legacySearchCuratedDetections"
	curatedRulesPermission  = "chronicle.curatedRules.list"
)

// A searchMethodOf is one of the methods that a search is made of.
type searchMethodOf struct {
	api        string
	name       string // what quotas are counted by
	scope      string
	instance   string // of the Chronicle API
	permission string
	list       string // the key of the answer's list
	curated    bool
	rules      bool // lists curated rules, not detections
}

// searchFor is the method that serves a path, nil for none.
func searchFor(path string) *searchMethodOf {
	switch path {
	case backstorySearchPath:
		return &searchMethodOf{api: "backstory", name: path, scope: backstoryScope, list: "detections"}
	case backstorySearchCuratedPath:
		return &searchMethodOf{api: "backstory", name: path, scope: backstoryScope, list: "curatedRuleDetections", curated: true}
	}
	rest, ok := strings.CutPrefix(path, chroniclePrefix)
	if !ok {
		return nil
	}
	for _, m := range []searchMethodOf{
		{name: searchMethod, permission: searchPermission, list: "detections"},
		{name: searchCuratedMethod, permission: searchCuratedPermission, list: "curatedDetections", curated: true},
		{name: curatedRulesPath, permission: curatedRulesPermission, list: "curatedRules", rules: true},
	} {
		if instance, ok := strings.CutSuffix(rest, m.name); ok && isInstance(instance) {
			m.api, m.scope, m.instance = "chronicle", chronicleScope, instance
			return &m
		}
	}
	return nil
}

// serveSearch answers a request for a search.
func (s *Server) serveSearch(w http.ResponseWriter, r *http.Request, m *searchMethodOf) {
	arrived := time.Now()
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, requestBodyLimit)) // there should be none
	seen := describe(r, nil, nil, nil, arrived)
	seen.API, seen.Query = m.api, r.URL.Query()
	call := newCall(seen, int(s.searchArrivals.Add(1)), r, &s.searchScript)
	remember := func(status int) {
		seen.Status = status
		s.searches.add(seen)
	}
	if s.searchControls.answer(w, call, remember) {
		return
	}
	step, body, refusal := s.search(r, m, arrived, call.step)
	if refusal != nil {
		full := refusal.withDefaults()
		remember(full.Status)
		full.answer(w)
		return
	}
	remember(http.StatusOK)
	w.Header().Set("Content-Type", jsonType)
	setHeaders(w.Header(), step.Header)
	if step.Then == Serve {
		_, _ = w.Write(body) // a client that has left needs no answer
		return
	}
	if step.Body == nil {
		body = body[:min(step.AfterBytes, len(body))]
	}
	_, _ = w.Write(body)
	_ = http.NewResponseController(w).Flush() // likewise
	switch step.Then {
	case Cut:
		panic(http.ErrAbortHandler) // net/http's own way to break a connection off
	case Stall:
		s.stall(r.Context())
	}
}

// search decides on a request in the order of admit.
func (s *Server) search(r *http.Request, m *searchMethodOf, now time.Time, take func() Step) (step Step, body []byte, refusal *Refusal) {
	caller, refusal := s.authenticate(r.Header.Get("Authorization"), now)
	if refusal == nil {
		refusal = s.authorizeSearch(r, m, caller)
	}
	if refusal == nil && !s.searchQuota.take(m.api, m.name, now) {
		refusal = &Refusal{Status: http.StatusTooManyRequests, Message: "Quota exceeded for quota metric of " + m.name + "."}
	}
	if refusal != nil {
		return step, nil, refusal
	}
	switch step = take(); {
	case step.Refuse != nil:
		return step, nil, step.refusal()
	case step.Body != nil:
		return step, step.Body, nil
	case m.rules:
		body, refusal = s.searchIndex.rules(s.history, r.URL.Query())
		return step, body, refusal
	}
	q, refusal := readSearch(r.URL.Query(), m, s.pageTokens)
	if refusal != nil {
		return step, nil, refusal
	}
	return step, s.searchIndex.page(s.history, q, m.list, s.options.searchBytes, s.pageTokens), nil
}

func (s *Server) authorizeSearch(r *http.Request, m *searchMethodOf, caller grant) *Refusal {
	if r.Method != http.MethodGet {
		return &Refusal{Status: http.StatusMethodNotAllowed, Message: r.Method + " is not supported here, GET is.", Header: http.Header{"Allow": {http.MethodGet}}}
	}
	if wanted := s.options.quotaProject; wanted != "" && m.api == "chronicle" {
		if refusal := checkQuota(r.Header, wanted); refusal != nil {
			return refusal
		}
	}
	denied := "The caller does not have permission."
	if m.permission != "" {
		denied = "Permission '" + m.permission + "' denied on resource '//chronicle.googleapis.com/" + m.instance + "' (or it may not exist)."
	}
	switch {
	case !caller.allows(m.scope):
		return &Refusal{Status: http.StatusForbidden, Message: "Request had insufficient authentication scopes. " + denied}
	case s.options.noSearch, m.instance != "" && s.options.instance != "" && s.options.instance != m.instance:
		return &Refusal{Status: http.StatusForbidden, Message: denied}
	}
	return nil
}

// ScriptSearch queues what happens to the next requests for searches and for
// curated rules, one step each: Refuse, Body, and Then with AfterBytes bytes of the
// answer before it. Header counts as for streams, what else a step has does not.
func (s *Server) ScriptSearch(steps ...Step) { s.searchScript.add(steps...) }

// ControlSearch is [Server.Control] for requests for searches and for curated rules. A
// function sees each one before the server's own checks and quota, with its parameters in
// Query.
func (s *Server) ControlSearch(fn func(w http.ResponseWriter, call *SearchCall) bool) (remove func()) {
	return s.searchControls.add(fn)
}

// Searches are all requests for searches so far, those for curated rules among
// them, in the order in which they were answered. Requests does not have them.
func (s *Server) Searches() []Request { return s.searches.all() }

// mustJSON is the JSON of a value of this package's own.
func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("chronicletest: encoding an answer: " + err.Error())
	}
	return text
}
