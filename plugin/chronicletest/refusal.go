package chronicletest

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// statusWords are the words that Google's errors carry beside an HTTP status.
var statusWords = map[int]string{
	http.StatusBadRequest:          "INVALID_ARGUMENT",
	http.StatusUnauthorized:        "UNAUTHENTICATED",
	http.StatusForbidden:           "PERMISSION_DENIED",
	http.StatusNotFound:            "NOT_FOUND",
	http.StatusMethodNotAllowed:    "UNIMPLEMENTED",
	http.StatusRequestTimeout:      "DEADLINE_EXCEEDED",
	http.StatusConflict:            "ABORTED",
	http.StatusPreconditionFailed:  "FAILED_PRECONDITION",
	http.StatusTooManyRequests:     "RESOURCE_EXHAUSTED",
	http.StatusInternalServerError: "INTERNAL",
	http.StatusNotImplemented:      "UNIMPLEMENTED",
	http.StatusBadGateway:          "UNAVAILABLE",
	http.StatusServiceUnavailable:  "UNAVAILABLE",
	http.StatusGatewayTimeout:      "DEADLINE_EXCEEDED",
}

// statusError is the object that Google puts under the key "error".
type statusError struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Status  string            `json:"status"`
	Details []json.RawMessage `json:"details,omitempty"`
}

// errorElement is that object's wrapping, in an answer and in a stream alike.
type errorElement struct {
	Error statusError `json:"error"`
}

// invalidArgument is the refusal of a request that can't be served as it is.
func invalidArgument(format string, args ...any) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

// withDefaults fills in what follows from the status; that itself is 503.
func (f Refusal) withDefaults() Refusal {
	if f.Status == 0 {
		f.Status = http.StatusServiceUnavailable
	}
	if f.Code == "" {
		f.Code = "UNKNOWN"
		if word, ok := statusWords[f.Status]; ok {
			f.Code = word
		}
	}
	if f.Message == "" {
		f.Message = http.StatusText(f.Status)
	}
	return f
}

// answer sends the refusal, which has its defaults.
func (f Refusal) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", jsonType)
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	setHeaders(w.Header(), f.Header)
	w.WriteHeader(f.Status)
	_, _ = w.Write(f.JSON()) // a client that has left needs no answer
}

// JSON is the refusal's body, defaults filled in: an object, or that object inside
// an array. The object is an error element as well, of any code, and so it goes
// where bytes are wanted: into a Step's ErrorElement, for a stream that breaks
// down; or, as an array, into its Body, for a 200 that is nothing but the error.
func (f Refusal) JSON() json.RawMessage {
	if f.Body != nil {
		return f.Body
	}
	f = f.withDefaults()
	element := errorElement{statusError{f.Status, f.Message, f.Code, f.Details}}
	var (
		text []byte
		err  error
	)
	if f.InArray {
		text, err = json.Marshal([]errorElement{element})
	} else {
		text, err = json.Marshal(element)
	}
	if err != nil {
		panic("chronicletest: encoding a refusal: " + err.Error())
	}
	return text
}

// setHeaders replaces what header has under the names of extra.
func setHeaders(header, extra http.Header) {
	for name, values := range extra {
		header[http.CanonicalHeaderKey(name)] = values
	}
}
