package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A position is what the server gave to resume from. Its JSON is what the
// checkpoint cache holds, so its keys must not change.
type position struct {
	// ContinuationTime is RFC 3339, as the server wrote it.
	ContinuationTime string `json:"continuation_time,omitempty"`
}

// positionAt is the position that resumes at a time of our own choosing, written
// as Chronicle does. Cutting to microseconds rounds down, so nothing is skipped.
func positionAt(t time.Time) position {
	return position{ContinuationTime: t.UTC().Format("2006-01-02T15:04:05.000000Z")}
}

func (p position) isZero() bool { return p == position{} }

func (p position) String() string { return p.ContinuationTime }

// time is when the position is, zero where there is none.
func (p position) time() time.Time {
	t, err := time.Parse(time.RFC3339, p.ContinuationTime)
	if err != nil {
		// Only positions that were checked are kept, or none.
		return time.Time{}
	}
	return t
}

// advance is the position after an element that says said. An element that
// says nothing leaves it where it is.
func (p position) advance(said stream.Position) (position, error) {
	if said.ContinuationTime == "" {
		return p, nil
	}
	t, err := time.Parse(time.RFC3339, said.ContinuationTime)
	if err != nil {
		return p, fmt.Errorf("continuationTime is %q, want an RFC 3339 time", truncate(said.ContinuationTime, 80))
	}
	if t.IsZero() {
		// Year 1 is how a time that was never set is written.
		return p, nil
	}
	return position{ContinuationTime: said.ContinuationTime}, nil
}

// encode is the stored form of a position.
func (p position) encode() ([]byte, error) { return json.Marshal(p) }

// decodePosition reads the stored form. Whatever is not a position is an
// error: beginning elsewhere without a word would lose detections.
func decodePosition(stored []byte) (position, error) {
	var p position
	if err := json.Unmarshal(stored, &p); err != nil {
		return position{}, fmt.Errorf("got %q, want JSON: %w", truncate(string(stored), 80), err)
	}
	if p.isZero() {
		return position{}, fmt.Errorf("got %q, want a continuation_time", truncate(string(stored), 80))
	}
	if p.time().IsZero() {
		return position{}, errors.New("continuation_time is not an RFC 3339 time")
	}
	return p, nil
}
