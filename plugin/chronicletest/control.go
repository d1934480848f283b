package chronicletest

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
)

// A control function is what a script can't be: it decides by what a request
// says, where a script knows only its turn. A request meets the functions in the
// order in which they were added, then the script and the server's own checks:
//
//	Control ──▶ Control ──▶ path, method, token ──▶ script ──▶ body, room ──▶ stream
//	ControlSearch ──▶ ControlSearch ──▶ token, quota ──▶ script ──▶ parameters ──▶ page
//	ControlToken ──▶ script ──▶ method, form ──▶ token

// Call is a request on its way to an answer, as a control function sees it. S is
// the kind of script step that such a request takes: see [StreamCall] and
// [TokenCall].
type Call[S Step | TokenStep] struct {
	// Request is what Requests will have of it, with what is secret replaced, and
	// as yet without a Status. It is to be read only. A request for a token has
	// no API and no positions, and Requests won't have it.
	Request
	// Number counts the requests of its kind since the server started, this one
	// included and whoever answered them: the first has 1.
	Number int
	// HTTP is a copy of the request itself, its secrets included: the access
	// token in the header Authorization, for one. The body can be read, and the
	// context ends when the client leaves or the server is closed.
	HTTP *http.Request

	script *queue[S]
	use    *S // instead of the script's next step
}

// StreamCall is a request that is not for a token: one that Requests will have.
type StreamCall = Call[Step]

// SearchCall is a request for a search, or for the list of curated rules: one that Searches
// will have. Its Number counts those.
type SearchCall = Call[Step]

// TokenCall is a request for a token: one that TokenRequests counts.
type TokenCall = Call[TokenStep]

// UseStep puts a step in the place of the script's next one, which stays there
// for another request. It is for a request that the function lets the server
// serve, and a later UseStep outdoes it. Like any step it spares a stream request
// no check: one with a bad access token doesn't get to it, and one with a page
// token that the server didn't issue is refused, whatever body the step has.
func (c *Call[S]) UseStep(step S) { c.use = &step }

// SkipStep uses the script's next step up: for a function that answers a
// request itself, in the step's place. If there is none it does nothing.
func (c *Call[S]) SkipStep() { c.script.take() }

// step is what happens to the request if no function answers it.
func (c *Call[S]) step() S {
	if c.use != nil {
		return *c.use
	}
	return c.script.take()
}

// newCall is a request that was read to its end, as seen.
func newCall[S Step | TokenStep](seen Request, number int, r *http.Request, script *queue[S]) *Call[S] {
	return &Call[S]{Request: seen, Number: number, HTTP: r.Clone(r.Context()), script: script}
}

// Control adds a function that sees each stream request before anything else of
// the server does, even one to a wrong path or with a bad token. It answers the
// request through w and returns true, or returns false and leaves it to the
// functions that were added after it, and then to the script and the server.
//
// An answered request uses up no step of the script, unless SkipStep says so, and
// takes no place among the open streams. Requests has it like any other. The
// answer's content type is JSON's if the function sets none, and true without an
// answer is an empty 200. A function that has written anything has answered,
// whatever it returns. Headers that were set, and not sent, go out with the
// server's own answer.
//
// To break the connection off a function panics with http.ErrAbortHandler, and
// what it flushed is still delivered; for bytes that aren't HTTP it hijacks the
// connection, which Close then no longer knows. Request.Status is 0 for both if no
// status was sent.
//
// The function stays until remove is called, which a function may do itself, and
// more than once. Whatever is added or removed counts from the next request on.
// Functions run in the goroutine of their request, several at a time if so many
// requests come, and no lock of the server's is held: they may call its methods,
// all but Close, and wait, as long as they end with call.HTTP's context.
func (s *Server) Control(fn func(w http.ResponseWriter, call *StreamCall) bool) (remove func()) {
	return s.controls.add(fn)
}

// ControlToken is Control for requests for tokens: those to the token endpoint,
// and to the others that a client may ask on its way to a token.
func (s *Server) ControlToken(fn func(w http.ResponseWriter, call *TokenCall) bool) (remove func()) {
	return s.tokenControls.add(fn)
}

// control is a control function.
type control[S Step | TokenStep] func(w http.ResponseWriter, call *Call[S]) bool

// controls are the control functions for one kind of request.
type controls[S Step | TokenStep] struct {
	mu        sync.Mutex    // guards functions
	functions []*control[S] // never changed, only replaced; pointers tell them apart
}

func (l *controls[S]) add(fn control[S]) (remove func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.functions = append(slices.Clip(l.functions), &fn)
	return func() { l.remove(&fn) }
}

func (l *controls[S]) remove(fn *control[S]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.functions = slices.DeleteFunc(slices.Clone(l.functions), func(f *control[S]) bool { return f == fn })
}

func (l *controls[S]) present() []*control[S] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.functions
}

// answer offers a request to one function after the other, and tells whether one
// has answered it. Before anything of an answer is sent, decided gets its status,
// 0 if there is none.
func (l *controls[S]) answer(w http.ResponseWriter, call *Call[S], decided func(status int)) bool {
	for _, fn := range l.present() {
		call.HTTP.Body = io.NopCloser(bytes.NewReader(call.Body))
		if fn.answer(&controlWriter{ResponseWriter: w, decided: decided}, call) {
			return true
		}
	}
	return false
}

func (fn control[S]) answer(w *controlWriter, call *Call[S]) bool {
	returned := false
	defer func() {
		if !returned {
			w.decide(0) // a panic: net/http breaks the connection off
		}
	}()
	handled := fn(w, call)
	returned = true
	if handled {
		w.begin(http.StatusOK)
	}
	return w.answered
}
