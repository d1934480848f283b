package answer

import (
	"encoding/json"
	"strconv"
	"time"
)

// BodyLimit is how much of a refusal's body is worth reading, in bytes. Google's
// are a few hundred; a proxy's HTML page can be anything.
const BodyLimit = 64 << 10

// An ErrorObject is how Google words an error, in every one of its APIs, as the
// body of an answer or as an element of a stream:
//
//	{"error": {"code": 503, "status": "UNAVAILABLE", "message": "…", "details": […]}}
type ErrorObject struct {
	// Code is the HTTP status that the error stands for: its code, or what its
	// status or a code of gRPC comes to. 0 where there is neither.
	Code int
	// Status is the canonical code, such as UNAVAILABLE.
	Status string
	// Message is for people.
	Message string
	// Cause is what it says for programs.
	Cause
	// RetryDelay is what is asked to wait, of google.rpc.RetryInfo among the
	// details; 0 where nothing is, at most LongestWait.
	RetryDelay time.Duration
}

// ReadErrorObject reads the error object that a body is, or the first one inside
// an array. It returns nil where body is neither.
func ReadErrorObject(body []byte) *ErrorObject {
	type object struct {
		Error json.RawMessage `json:"error"`
	}
	var said object
	if json.Unmarshal(body, &said) != nil {
		var inArray []object
		if json.Unmarshal(body, &inArray) == nil && len(inArray) > 0 {
			said = inArray[0]
		}
	}
	return ReadError(said.Error)
}

// ReadError reads the value of the key error. It returns nil where that is no
// object: some servers send a text.
func ReadError(value []byte) *ErrorObject {
	var said struct {
		Code    json.RawMessage `json:"code"`
		Message json.RawMessage `json:"message"`
		Status  json.RawMessage `json:"status"`
		Details json.RawMessage `json:"details"`
	}
	if len(value) == 0 || value[0] != '{' || json.Unmarshal(value, &said) != nil {
		return nil
	}
	read := &ErrorObject{Status: text(said.Status), Message: text(said.Message)}
	read.Code = httpStatus(said.Code, read.Status)
	var details []json.RawMessage
	// Details of another shape are read as none.
	_ = json.Unmarshal(said.Details, &details)
	for _, detail := range details {
		read.RetryDelay = max(read.RetryDelay, readRetryDelay(detail))
	}
	read.Cause = readCause(details, read.Message)
	return read
}

// readRetryDelay reads google.rpc.RetryInfo.
func readRetryDelay(detail json.RawMessage) time.Duration {
	var d struct {
		RetryDelay json.RawMessage `json:"retryDelay"`
	}
	if json.Unmarshal(detail, &d) != nil {
		return 0
	}
	return retryDelay(d.RetryDelay)
}

// text is what a JSON string says, "" for any other value.
func text(value json.RawMessage) (s string) {
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// canonical are the codes of gRPC, by their numbers, with the HTTP status that
// Google maps them to (google/rpc/code.proto).
var canonical = [...]struct {
	status string
	http   int
}{
	{"OK", 200},
	{"CANCELLED", 499},
	{"UNKNOWN", 500},
	{"INVALID_ARGUMENT", 400},
	{"DEADLINE_EXCEEDED", 504},
	{"NOT_FOUND", 404},
	{"ALREADY_EXISTS", 409},
	{"PERMISSION_DENIED", 403},
	{"RESOURCE_EXHAUSTED", 429},
	{"FAILED_PRECONDITION", 400},
	{"ABORTED", 409},
	{"OUT_OF_RANGE", 400},
	{"UNIMPLEMENTED", 501},
	{"INTERNAL", 500},
	{"UNAVAILABLE", 503},
	{"DATA_LOSS", 500},
	{"UNAUTHENTICATED", 401},
}

func httpStatus(code json.RawMessage, status string) int {
	digits := string(code)
	if quoted := text(code); quoted != "" {
		digits = quoted
	}
	n, err := strconv.Atoi(digits)
	switch {
	case err == nil && n >= 100 && n <= 599:
		return n
	case err == nil && n > 0 && n < len(canonical):
		return canonical[n].http
	}
	for _, c := range canonical {
		if c.status == status {
			return c.http
		}
	}
	return 0
}
