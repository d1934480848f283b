package servers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// hecReply answers as Splunk's HTTP Event Collector does, as far as its
// documentation tells: what it checks, in which order, and with which codes. Of a
// request that it refuses it keeps the events before the one that is wrong.
func hecReply(r *http.Request, body []byte) reply {
	refuse := func(status, code int, text string) reply {
		return reply{status: status, body: fmt.Sprintf(`{"text":%q,"code":%d}`, text, code)}
	}
	switch {
	case r.URL.Path != "/services/collector/event":
		return refuse(http.StatusNotFound, 404, "The requested URL was not found on this server.")
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, 405, "Method not allowed")
	case r.Header.Get("Authorization") == "":
		return refuse(http.StatusUnauthorized, 2, "Token is required")
	case r.Header.Get("Authorization") != "Splunk "+ReceiverToken:
		return refuse(http.StatusForbidden, 4, "Invalid token")
	case len(body) == 0:
		return refuse(http.StatusBadRequest, 5, "No data")
	}
	var taken []string
	decoder := json.NewDecoder(bytes.NewReader(body))
	for number := 0; ; number++ {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return reply{status: http.StatusOK, body: `{"text":"Success","code":0}`, taken: taken}
		}
		code, text := 6, "Invalid data format"
		if err == nil {
			code, text = hecEvent(raw)
		}
		if code != 0 {
			refused := reply{status: http.StatusBadRequest, taken: taken}
			refused.body = fmt.Sprintf(`{"text":%q,"code":%d,"invalid-event-number":%d}`, text, code, number)
			return refused
		}
		taken = append(taken, string(raw))
	}
}

// hecEvent is what Splunk has against an event; code 0 is nothing.
func hecEvent(raw []byte) (code int, text string) {
	var event map[string]json.RawMessage
	if json.Unmarshal(raw, &event) != nil || bytes.Contains(raw, []byte(RefusedMark)) {
		return 6, "Invalid data format"
	}
	for key, value := range event {
		switch {
		case !slices.Contains([]string{"time", "host", "source", "sourcetype", "index", "fields", "event"}, key):
			return 6, "Invalid data format"
		case key == "index" && string(value) != `"siem"`:
			return 7, "Incorrect index"
		}
	}
	switch string(event["event"]) {
	case "", "null":
		return 12, "Event field is required"
	case `""`, "{}":
		return 13, "Event field cannot be blank"
	}
	return 0, ""
}

// HECDetection is the detection in an event.
func HECDetection(event string) ([]byte, error) {
	var fields struct{ Event json.RawMessage }
	if err := json.Unmarshal([]byte(event), &fields); err != nil {
		return nil, fmt.Errorf("reading the event %.200q: %w", event, err)
	}
	return fields.Event, nil
}
