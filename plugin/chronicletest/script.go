package chronicletest

import (
	"encoding/json"
	"net/http"
	"time"
)

// Action is what a Step does to a stream once its point is reached.
type Action int

const (
	// Serve goes on normally. It is the zero value.
	Serve Action = iota
	// Cut breaks the connection without the terminating chunk, so that the
	// client sees an unexpected end. Everything before it is delivered.
	Cut
	// End closes the array with ']' and the response in good order.
	End
	// Stall sends nothing any more, not even heartbeats, until the client
	// leaves or the server is closed.
	Stall
	// Fail sends an error element and ends the response in good order, without
	// the array's ']'.
	Fail
)

// Step is what happens to one stream request. The zero Step changes nothing.
type Step struct {
	// Refuse answers with an error instead of a stream.
	Refuse *Refusal

	// Body, unless nil, is the whole body of a 200 instead of the history:
	// these bytes and no others, then Then at once. After it Serve and End both
	// end the response in good order and add nothing, and Fail adds the bare
	// error element. AfterElements and AfterBytes don't apply.
	Body []byte

	// Header holds extra response headers, such as Content-Encoding. It
	// replaces those of the same name.
	Header http.Header

	// AfterElements is how many elements of the history are served whole before
	// Then happens. Everything that was appended counts, and each part of a
	// batch that is served in parts; the server's own heartbeats don't. With
	// WithPositionsAhead a position counts as one, and the detections after it
	// as another. Where maxDetections ends a stream at the same point, Then
	// happens instead.
	AfterElements int
	// AfterBytes is how many bytes of the next element follow before Then
	// happens. 0 means between two elements. More than 0 waits for a next
	// element to exist, and always leaves out at least its last byte.
	AfterBytes int

	// Then is what happens at that point.
	Then Action
	// Error is the value of the key "error" in the element that Fail sends; the
	// default is a 503 UNAVAILABLE.
	Error json.RawMessage
	// ErrorElement is that whole element, verbatim, instead: that of a Refusal,
	// for one, by its JSON method.
	ErrorElement json.RawMessage

	// ChunkBytes, if more than 0, writes and flushes the body in pieces of at
	// most this many bytes.
	ChunkBytes int
	// ChunkDelay is the pause between two such pieces.
	ChunkDelay time.Duration
}

// Refusal is an error answered instead of a stream, in Google's shape:
//
//	{"error": {"code": 503, "message": "…", "status": "UNAVAILABLE"}}
type Refusal struct {
	Status     int               // the HTTP status, and the error's code; the default is 503
	RetryAfter string            // the Retry-After header as it is; "" for none
	Code       string            // the "status" word; the default follows from Status
	Message    string            // the default follows from Status
	Details    []json.RawMessage // the error's details, such as RetryInfo and ErrorInfo make
	InArray    bool              // the object inside an array, as is seen at times
	Body       []byte            // unless nil, the whole body verbatim instead
	Header     http.Header       // extra response headers
}

// TokenStep is what happens to one request to the token endpoint. The zero
// TokenStep changes nothing.
type TokenStep struct {
	// Status is answered instead of a token; 0 with a Body means 200.
	Status int
	// Body is the whole body of that answer; nil means an OAuth 2 error.
	Body []byte
	// Header holds extra headers of that answer, such as Retry-After. It
	// replaces those of the same name.
	Header http.Header
	// Stall answers nothing until the client leaves or the server is closed.
	Stall bool
}
