package answer

import "encoding/json"

// BodyLimit is how much of a refusal's body is worth reading, in bytes. Google's
// are a few hundred; a proxy's HTML page can be anything.
const BodyLimit = 64 << 10

// An ErrorObject is how Google words an error, in every one of its APIs:
//
//	{"error": {"code": 503, "status": "UNAVAILABLE", "message": "…", "details": […]}}
type ErrorObject struct {
	// Status is the canonical code, such as UNAVAILABLE.
	Status string
	// Message is for people.
	Message string
	// Reason is the machine-readable reason among the details, such as
	// SERVICE_DISABLED.
	Reason string
}

// ReadErrorObject reads the error object that a body is, or the one inside an
// array. It returns nil where body is neither.
func ReadErrorObject(body []byte) *ErrorObject {
	type object struct {
		Error *struct {
			Message string `json:"message"`
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	var said object
	if json.Unmarshal(body, &said) != nil {
		var inArray []object
		if json.Unmarshal(body, &inArray) == nil && len(inArray) > 0 {
			said = inArray[0]
		}
	}
	if said.Error == nil {
		return nil
	}
	read := &ErrorObject{Status: said.Error.Status, Message: said.Error.Message}
	for _, detail := range said.Error.Details {
		if detail.Reason != "" {
			read.Reason = detail.Reason
		}
	}
	return read
}
