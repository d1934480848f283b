package chronicletest

import "time"

// backstory is the Backstory API v2. Its fields and its limits are from
// Google's documentation of StreamDetectionAlerts; detectionBatchSize is from
// clients' code.
type backstory struct {
	continuationTimeLast bool
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

// timestampLayout prints times as Google does: UTC, with microseconds.
const timestampLayout = "2006-01-02T15:04:05.000000Z"

func (backstory) serves(path string) bool { return path == backstoryPath }

func (backstory) scope() string { return backstoryScope }

func (backstory) read(fields payload, w window) (start, *Refusal) {
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
	_, resume := fields[fieldContinuationTime]
	switch {
	case resume && at.Before(w.oldest):
		return start{}, invalidArgument("Invalid value at '%s': %s is more than %s ago.",
			fieldContinuationTime, at.Format(time.RFC3339Nano), w.retention)
	case resume && at.After(w.newest):
		return start{}, invalidArgument("Invalid value at '%s': %s is in the future.",
			fieldContinuationTime, at.Format(time.RFC3339Nano))
	}
	return start{resume: resume, at: at, batch: batch}, nil
}

func (b backstory) element(p part) element {
	if p.raw != nil {
		return element{body: p.raw}
	}
	stamp := `"continuationTime": "` + p.at.Format(timestampLayout) + `"`
	switch {
	case p.detections == nil:
		return element{head: []byte("{" + stamp + "}")}
	case b.continuationTimeLast:
		return element{head: []byte(`{"detections": [`), body: p.detections, tail: []byte("], " + stamp + "}")}
	}
	return element{head: []byte("{" + stamp + `, "detections": [`), body: p.detections, tail: []byte("]}")}
}
