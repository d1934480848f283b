package detection

import (
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// Limits of a summary, in characters and in items. They keep it well below what any
// destination takes, whatever the detection has.
const (
	maxName        = 250
	maxTitle       = 250
	maxValue       = 1000
	maxDescription = 4000
	maxHeadline    = 300

	maxEntities = 20   // of a kind
	maxFields   = 50   // by name
	maxRules    = 20   // elements of "detection"
	maxEvents   = 100  // events that are read
	maxScanned  = 1000 // items of other lists
	maxDepth    = 6    // of what is shown as JSON
)

// A Summary is the view of a detection that people need. Its texts are clean, empty
// where the detection has nothing to say.
type Summary struct {
	ID          string
	Type        string
	Severity    words.Severity
	Title       string // the rule's display name or name
	Headline    string // what a phone shows: severity, title, host and user
	Description string // may have line breaks
	Rule        Rule
	RiskScore   *float64
	Attack      Attack
	Times       Times
	Entities    Entities
	Fields      map[string]string // variables, outcomes and detection fields by name
	Event       Event             // the first
	Link        string            // to the detection in Google SecOps or its source
	Case        string
	Timing      string // RETROHUNT, REPROCESSING, or empty
	Simulated   bool
	Changed     bool // updated since it was created, or judged by an analyst
}

// Times are of RFC 3339 in UTC.
type Times struct {
	Detected, Created      string
	WindowStart, WindowEnd string
}

// Summarize returns the summary of a detection, given as parsed JSON. Any value is
// fine: one that is no detection has a summary that says so little.
func Summarize(v any) *Summary {
	detection := first(v)
	rules := readRules(detection)
	events, entities := eventsOf(detection)
	window := in(detection, "timeWindow")

	s := &Summary{
		ID:        line(detection["id"], maxName),
		Type:      Clean(words.TypeOf(line(detection["type"], maxName)), maxName),
		Severity:  rules.severity(),
		Rule:      rules.rule(),
		RiskScore: rules.riskScore(),
		Attack:    rules.attack(detection, events),
		Times: Times{
			Detected:    timestamp(detection["detectionTime"], window["endTime"], detection["createdTime"]),
			Created:     timestamp(detection["createdTime"]),
			WindowStart: timestamp(window["startTime"]),
			WindowEnd:   timestamp(window["endTime"]),
		},
		Fields:    make(map[string]string, len(rules.fields)),
		Case:      line(detection["caseName"], maxName),
		Timing:    timingOf(detection),
		Simulated: isSimulated(detection, events),
		Changed:   isChanged(detection),
	}
	s.Title = rules.titleOf(detection, s.Type)
	s.Description = rules.describe(s.Title)
	s.Link = webAddress(rules.of(maxValue, "urlBackToProduct"))
	if s.Link == "" {
		s.Link = webAddress(line(in(detection, "soarAlertMetadata")["sourceSystemUri"], maxValue))
	}
	for _, f := range rules.fields {
		s.Fields[f.name] = Clean(strings.Join(f.values, ", "), maxValue)
	}
	if len(events) > 0 {
		s.Event = eventOf(events[0])
	}
	s.Entities.fromFields(rules.fields, true)
	s.Entities.fromEvents(events)
	for _, entity := range entities {
		s.Entities.noun(entity)
	}
	s.Entities.fromFields(rules.fields, false)
	s.Headline = s.headline()
	return s
}

// headline is what one line has to say: how severe, what, on which host, by whom.
func (s *Summary) headline() string {
	var parts []string
	if s.Severity != words.Unknown {
		parts = append(parts, string(s.Severity))
	}
	parts = append(parts, Clean(s.Title, maxHeadline/2))
	on, by := s.Who()
	if on != "" {
		parts = append(parts, "on", Clean(on, maxHeadline/4))
	}
	if by != "" {
		parts = append(parts, "by", Clean(by, maxHeadline/4))
	}
	if on == "" && by == "" {
		if what := s.what(); what != "" {
			parts = append(parts, "with", Clean(what, maxHeadline/4))
		}
	}
	return Clean(strings.Join(parts, " "), maxHeadline)
}

// Who is the host, or else the address, that the detection is about, and the user.
func (s *Summary) Who() (on, by string) {
	if len(s.Entities.Hosts) > 0 {
		on = s.Entities.Hosts[0]
	} else if len(s.Entities.Addresses) > 0 {
		on = s.Entities.Addresses[0]
	}
	if len(s.Entities.Users) > 0 {
		by = s.Entities.Users[0]
	}
	return on, by
}

// what is the thing that a detection without a host and a user is about.
func (s *Summary) what() string {
	for _, list := range [][]string{s.Entities.Domains, s.Entities.URLs, s.Entities.Files, s.Entities.Hashes, s.Entities.Processes} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// timingOf is why a detection came later than its events: RETROHUNT or REPROCESSING.
func timingOf(detection object) (timing string) {
	scalars(detection["detectionTimingDetails"], func(detail string) {
		detail = strings.TrimPrefix(strings.ToUpper(detail), "DETECTION_TIMING_DETAILS_")
		if timing == "" && (detail == "RETROHUNT" || detail == "REPROCESSING") {
			timing = detail
		}
	})
	return timing
}

// isSimulated reports whether simulated events led to the detection. Tags, counts and
// the events themselves tell.
func isSimulated(detection object, events []object) (simulated bool) {
	scalars(detection["tags"], func(tag string) {
		simulated = simulated || strings.EqualFold(tag, "INCLUDES_SIMULATION_DATA")
	})
	count, _ := number(detection["simulatedEventCount"])
	if simulated || count > 0 || !isEmpty(detection["simulatedEventNames"]) {
		return true
	}
	marks := func(v any) { scalars(v, func(text string) { simulated = simulated || isSimulation(text) }) }
	for _, event := range events {
		metadata := in(event, "metadata")
		objects(metadata["ingestionLabels"], func(label object) bool {
			marks(label["key"])
			marks(label["value"])
			return true
		})
		marks(in(metadata, "baseLabels")["namespaces"])
		for _, role := range roles {
			marks(in(event, role)["namespace"])
		}
	}
	return simulated
}

func isSimulation(text string) bool {
	return strings.EqualFold(text, "SIMULATION") || strings.EqualFold(text, "SIMULATED")
}

// isChanged reports whether a detection differs from what was first sent: it was
// updated later than created, or has feedback.
func isChanged(detection object) bool {
	created, ok := timeOf(detection["createdTime"])
	updated, isUpdated := timeOf(detection["lastUpdatedTime"])
	return ok && isUpdated && updated.After(created) ||
		!isEmpty(detection["feedbackSummary"]) || !isEmpty(detection["feedbackHistory"])
}
