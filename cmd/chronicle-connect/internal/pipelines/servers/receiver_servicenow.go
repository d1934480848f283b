package servers

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// The account that the stand-in for ServiceNow knows.
const (
	ServiceNowUser     = "chronicle"
	ServiceNowPassword = "password-7"
)

// A serviceNow answers as ServiceNow's Table API does for incidents, as far as the
// tests need it: records are made, and found by their correlation_id. Now and then one
// is made and the answer is lost. It refuses what is too long, which ServiceNow cuts.
type serviceNow struct {
	mu             sync.Mutex // guards what follows
	correlationIDs []string
}

// serviceNowOfThisProcess has the incidents that earlier lives took.
var serviceNowOfThisProcess = sync.OnceValue(func() *serviceNow {
	s := &serviceNow{}
	// An error means that there are none yet.
	taken, _ := (&Receiver{path: os.Getenv(receiverLog)}).Taken()
	for _, receipt := range taken {
		if incident, err := readIncident([]byte(receipt.Taken)); err == nil {
			s.correlationIDs = append(s.correlationIDs, incident.CorrelationID)
		}
	}
	return s
})

func serviceNowReply(r *http.Request, body []byte) reply {
	s := serviceNowOfThisProcess()
	s.mu.Lock()
	defer s.mu.Unlock()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(ServiceNowUser+":"+ServiceNowPassword))
	switch {
	case r.Header.Get("Authorization") != basic:
		return serviceNowNo(http.StatusUnauthorized, "User Not Authenticated", "Required to provide Auth information")
	case r.URL.Path != "/api/now/table/incident":
		return serviceNowNo(http.StatusBadRequest, "Invalid table "+r.URL.Path, "")
	case r.Method == http.MethodGet:
		return s.list(strings.TrimPrefix(r.URL.Query().Get("sysparm_query"), "correlation_id="))
	case r.Method != http.MethodPost:
		return serviceNowNo(http.StatusMethodNotAllowed, "Method not supported", "")
	}
	incident, err := readIncident(body)
	if err != nil {
		return serviceNowNo(http.StatusForbidden, "Operation Failed", err.Error())
	}
	s.correlationIDs = append(s.correlationIDs, incident.CorrelationID)
	n := len(s.correlationIDs)
	made := reply{
		status: http.StatusCreated,
		body:   mustJSON(map[string]any{"result": record(n, incident.CorrelationID)}),
		taken:  []string{string(body)},
	}
	if n%211 == 0 {
		made.status, made.body = http.StatusGatewayTimeout, "<html>upstream timed out</html>"
	}
	return made
}

func (s *serviceNow) list(correlationID string) reply {
	found := []map[string]string{}
	for i, id := range s.correlationIDs {
		if strings.EqualFold(id, correlationID) { // as its database compares
			found = append(found, record(i+1, id))
		}
	}
	return reply{status: http.StatusOK, body: mustJSON(map[string]any{"result": found})}
}

func record(n int, correlationID string) map[string]string {
	return map[string]string{"sys_id": fmt.Sprintf("%032x", n), "number": fmt.Sprintf("INC%07d", n), "correlation_id": correlationID}
}

func serviceNowNo(status int, message, detail string) reply {
	return reply{status: status, body: mustJSON(map[string]any{"error": map[string]string{"message": message, "detail": detail}, "status": "failure"})}
}

type incident struct {
	CorrelationID      string `json:"correlation_id"`
	CorrelationDisplay string `json:"correlation_display"`
	ShortDescription   string `json:"short_description"`
	Description        string `json:"description"`
	Impact             string `json:"impact"`
	Urgency            string `json:"urgency"`
	AssignmentGroup    string `json:"assignment_group"`
}

func readIncident(body []byte) (read incident, err error) {
	if err := json.Unmarshal(body, &read); err != nil {
		return read, err
	}
	odd := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	steps := []string{"1", "2", "3"}
	switch {
	case read.CorrelationID == "" || len(read.CorrelationID) > 100:
		return read, errors.New("correlation_id is missing or too long")
	case read.ShortDescription == "" || units(read.ShortDescription) > 160 || strings.ContainsFunc(read.ShortDescription, unicode.IsControl):
		return read, fmt.Errorf("short_description is %q", read.ShortDescription)
	case read.Description == "" || units(read.Description) > 4000 || strings.ContainsFunc(read.Description, odd):
		return read, fmt.Errorf("description is %q", read.Description)
	case !slices.Contains(steps, read.Impact) || !slices.Contains(steps, read.Urgency):
		return read, fmt.Errorf("impact is %q, urgency %q", read.Impact, read.Urgency)
	case read.AssignmentGroup != "" && read.AssignmentGroup != "SOC":
		return read, errors.New("Data Policy Exception: assignment_group is invalid")
	}
	return read, nil
}

// ServiceNowDetection is an object with the id of the detection that an incident is
// about.
func ServiceNowDetection(incident string) ([]byte, error) {
	read, err := readIncident([]byte(incident))
	if err != nil {
		return nil, fmt.Errorf("an incident was taken: %w", err)
	}
	return json.Marshal(map[string]string{"id": read.CorrelationID})
}
