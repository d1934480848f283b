package servers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// PagerDutyKey is the integration key that the stand-in for PagerDuty knows.
const PagerDutyKey = "0123456789abcdef0123456789abcdef"

// pagerDutyReply answers as Events API v2 does, as far as its reference tells: what
// an event has to have, how long it may be, and which status follows.
func pagerDutyReply(r *http.Request, body []byte) reply {
	if r.URL.Path != "/v2/enqueue" || r.Method != http.MethodPost {
		return reply{status: http.StatusNotFound}
	}
	if len(body) > 512<<10 {
		return reply{status: http.StatusRequestEntityTooLarge}
	}
	event, problems := readPagerDutyEvent(body)
	if len(problems) > 0 {
		text, err := json.Marshal(map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": problems})
		if err != nil {
			panic(err) // strings can be marshalled
		}
		return reply{status: http.StatusBadRequest, body: string(text)}
	}
	key, err := json.Marshal(event.DedupKey)
	if err != nil {
		panic(err) // likewise
	}
	return reply{
		status: http.StatusAccepted,
		body:   fmt.Sprintf(`{"status":"success","message":"Event processed","dedup_key":%s}`, key),
		taken:  []string{string(body)},
	}
}

type pagerDutyEvent struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	DedupKey   string `json:"dedup_key"`
	Payload    struct {
		Summary   string
		Source    string
		Severity  string
		Timestamp *string
		Component string
		Group     string
		Class     string
		Details   map[string]any `json:"custom_details"`
	}
	Links []struct{ Href, Text string }
}

func readPagerDutyEvent(body []byte) (event pagerDutyEvent, problems []string) {
	if err := json.Unmarshal(body, &event); err != nil {
		return event, []string{err.Error()}
	}
	wrong := func(isWrong bool, what string) {
		if isWrong {
			problems = append(problems, what)
		}
	}
	payload := event.Payload
	wrong(len(event.RoutingKey) != 32, "Length of 'routing_key' is incorrect (should be 32 characters)")
	wrong(len(event.RoutingKey) == 32 && event.RoutingKey != PagerDutyKey, "'routing_key' is invalid")
	wrong(event.Action != "trigger", "'event_action' is invalid")
	wrong(utf8.RuneCountInString(event.DedupKey) > 255, "'dedup_key' is too long")
	wrong(payload.Summary == "" || utf8.RuneCountInString(payload.Summary) > 1024, "'payload.summary' is missing or too long")
	wrong(payload.Source == "", "'payload.source' is missing or blank")
	wrong(!slices.Contains([]string{"critical", "warning", "error", "info"}, payload.Severity), "'payload.severity' is invalid")
	if payload.Timestamp != nil {
		_, err := time.Parse(time.RFC3339, *payload.Timestamp)
		wrong(err != nil, "'payload.timestamp' is invalid")
	}
	for _, link := range event.Links {
		wrong(!strings.HasPrefix(link.Href, "https://") && !strings.HasPrefix(link.Href, "http://"), "'links.href' is invalid")
	}
	wrong(payload.Details["description"] == RefusedMark, "'payload.custom_details' is invalid")
	return event, problems
}

// PagerDutyDetection is an object with the id of the detection that an event is
// about.
func PagerDutyDetection(event string) ([]byte, error) {
	read, problems := readPagerDutyEvent([]byte(event))
	if len(problems) > 0 {
		return nil, fmt.Errorf("an event was taken that has %q", problems)
	}
	return json.Marshal(map[string]string{"id": read.DedupKey})
}
