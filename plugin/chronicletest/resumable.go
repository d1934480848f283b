package chronicletest

import (
	"encoding/json"
	"time"
)

// resumableTime is the time from which a client could resume after an element:
// that of a heartbeat or a batch with one position. Those of an error or of an
// unknown element are not to be used, and a page token outranks them.
func resumableTime(element []byte) (time.Time, bool) {
	var keys map[string]json.RawMessage
	if json.Unmarshal(element, &keys) != nil {
		return time.Time{}, false
	}
	var position json.RawMessage
	for key, value := range keys {
		switch key {
		case "heartbeat", "detections":
		case fieldContinuationTime, nextPageStartTime:
			if position != nil {
				return time.Time{}, false
			}
			position = value
		default:
			return time.Time{}, false
		}
	}
	var t time.Time
	if json.Unmarshal(position, &t) != nil || t.IsZero() {
		return time.Time{}, false
	}
	return t, true
}
