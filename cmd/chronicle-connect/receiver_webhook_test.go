package main

import (
	"net/http"
	"strings"
)

// refusedMark is in detections that a receiver never takes.
const refusedMark = `"refuse":true`

const receiverToken = "1d7b9f52-secret"

// webhookReply takes one detection a request.
func webhookReply(r *http.Request, body []byte) reply {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+receiverToken:
		return reply{status: http.StatusUnauthorized, body: "who are you?"}
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Idempotency-Key") == "":
		return reply{status: http.StatusBadRequest, body: "not a delivery"}
	case strings.Contains(string(body), refusedMark):
		return reply{status: http.StatusUnprocessableEntity, body: "not this one"}
	}
	return reply{status: http.StatusNoContent, taken: []string{string(body)}}
}
