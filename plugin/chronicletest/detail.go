package chronicletest

import (
	"encoding/json"
	"strconv"
	"time"
)

// RetryInfo is a detail that says how long to wait before the next attempt:
// google.rpc.RetryInfo, of googleapis' error_details.proto.
//
//	{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}
//
// The delay is written in seconds, with as many decimals as it needs.
func RetryInfo(delay time.Duration) json.RawMessage {
	return encodeDetail(struct {
		Type  string `json:"@type"`
		Delay string `json:"retryDelay"`
	}{"type.googleapis.com/google.rpc.RetryInfo", strconv.FormatFloat(delay.Seconds(), 'f', -1, 64) + "s"})
}

// ErrorInfo is a detail that tells a program the reason, such as SERVICE_DISABLED
// or RATE_LIMIT_EXCEEDED: google.rpc.ErrorInfo, of googleapis'
// error_details.proto, with the domain googleapis.com.
//
//	{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED",
//	 "domain": "googleapis.com", "metadata": {"service": "chronicle.googleapis.com"}}
//
// Without metadata, as with nil, the key is left out.
func ErrorInfo(reason string, metadata map[string]string) json.RawMessage {
	return encodeDetail(struct {
		Type     string            `json:"@type"`
		Reason   string            `json:"reason"`
		Domain   string            `json:"domain"`
		Metadata map[string]string `json:"metadata,omitempty"`
	}{"type.googleapis.com/google.rpc.ErrorInfo", reason, "googleapis.com", metadata})
}

// encodeDetail encodes one of the types above.
func encodeDetail(detail any) json.RawMessage {
	text, err := json.Marshal(detail)
	if err != nil {
		panic("chronicletest: encoding a detail: " + err.Error())
	}
	return text
}
