package servers

import (
	"net/http"
	"strings"
)

// RefusedMark is in detections that a receiver never takes.
const RefusedMark = `"refuse":true`

// ReceiverToken is what a receiver wants to be shown, in the manner of its kind.
const ReceiverToken = "1d7b9f52-secret"

// webhookReply takes one detection a request.
func webhookReply(r *http.Request, body []byte) reply {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+ReceiverToken:
		return reply{status: http.StatusUnauthorized, body: "who are you?"}
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Idempotency-Key") == "":
		return reply{status: http.StatusBadRequest, body: "not a delivery"}
	case strings.Contains(string(body), RefusedMark):
		return reply{status: http.StatusUnprocessableEntity, body: "not this one"}
	}
	return reply{status: http.StatusNoContent, taken: []string{string(body)}}
}
