package chronicletest

import "net/http"

// backstory is the Backstory API v2. Its fields and its limits are from
// Google's documentation of StreamDetectionAlerts; detectionBatchSize is from
// clients' code.
type backstory struct {
	layout layout
}

const (
	backstoryPath  = "/v2/detect/rules:streamDetectionAlerts"
	backstoryScope = "https://www.googleapis.com/auth/chronicle-backstory"

	fieldContinuationTime = "continuationTime"
	fieldSimulated        = "include_simulated_detections"
	fieldBatchSize        = "detectionBatchSize"

	// largestBatchSize is the most that a request may ask for.
	largestBatchSize = 10_000
)

func (backstory) name() string { return "backstory" }

func (backstory) serves(path string) bool { return path == backstoryPath }

func (backstory) scope() string { return backstoryScope }

func (backstory) authorize(_ *http.Request, caller grant) *Refusal {
	if caller.allows(backstoryScope) {
		return nil
	}
	return &Refusal{
		Status:  http.StatusForbidden,
		Message: "Request had insufficient authentication scopes.",
	}
}

func (backstory) read(fields payload, within reach) (start, *Refusal) {
	if refusal := fields.onlyFields(fieldContinuationTime, fieldSimulated, fieldBatchSize); refusal != nil {
		return start{}, refusal
	}
	// Checked, and of no further effect: nothing in the history is simulated.
	if _, refusal := fields.boolean(fieldSimulated); refusal != nil {
		return start{}, refusal
	}
	batch, refusal := fields.integer(fieldBatchSize)
	if refusal != nil {
		return start{}, refusal
	}
	if _, ok := fields[fieldBatchSize]; ok && (batch < 1 || batch > largestBatchSize) {
		return start{}, invalidArgument("Invalid value at '%s': %d is not between 1 and %d.",
			fieldBatchSize, batch, largestBatchSize)
	}
	at, refusal := fields.timestamp(fieldContinuationTime)
	if refusal != nil {
		return start{}, refusal
	}
	if _, resume := fields[fieldContinuationTime]; !resume {
		return start{batch: batch}, nil
	}
	return start{resume: true, at: at, batch: batch}, within.check(fieldContinuationTime, at)
}

// feed is b itself: what it renders depends on nothing that came before.
func (b backstory) feed(start) feed { return b }

func (b backstory) elements(p part) []element {
	return b.layout.render(p, stampMember(fieldContinuationTime, p.at))
}

func (backstory) heartbeat(cursor) element { return plainHeartbeat }
