package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A position is what the server gave to resume from: a continuation time by the
// Backstory API; by the Chronicle API a page token while a window is open, and
// the time where the next window begins once it is closed. Either API takes the
// other's times. The JSON of a position is what the checkpoint cache holds, so
// its keys must not change.
type position struct {
	// ContinuationTime is RFC 3339, as the server wrote it.
	ContinuationTime string `json:"continuation_time,omitempty"`
	// PageToken resumes inside the window that began at PageStartTime. The
	// server may forget it, or refuse it for other reasons of its own.
	PageToken string `json:"page_token,omitempty"`
	// PageStartTime is RFC 3339, as the server wrote it.
	PageStartTime string `json:"page_start_time,omitempty"`
}

// positionAt is the position that resumes at a time of our own choosing, written
// as Chronicle does. Cutting to microseconds rounds down, so nothing is skipped.
func positionAt(t time.Time) position {
	return position{ContinuationTime: t.UTC().Format("2006-01-02T15:04:05.000000Z")}
}

func (p position) isZero() bool { return p == position{} }

// String is how logs name a position. A token says nothing to people.
func (p position) String() string {
	if p.PageToken != "" {
		return "a page token of the window that began at " + p.startTime()
	}
	return p.startTime()
}

// startTime is the time to resume from where there is no page token, or none
// that is taken.
func (p position) startTime() string {
	if p.PageStartTime != "" {
		return p.PageStartTime
	}
	return p.ContinuationTime
}

// withoutToken is the position at the beginning of the window, before that of
// the token. What comes again from there the replay filter drops.
func (p position) withoutToken() position {
	p.PageToken = ""
	return p
}

// time is when the position is, zero where there is none.
func (p position) time() time.Time {
	t, err := time.Parse(time.RFC3339, p.startTime())
	if err != nil {
		// Only positions that were checked are kept, or none.
		return time.Time{}
	}
	return t
}

// advance is the position after an element that says said. An element that
// says nothing leaves it where it is. Where an element says several things, the
// token wins over the times, and the pages' time over the deprecated one.
func (p position) advance(said stream.Position) (position, error) {
	switch {
	case said.NextPageToken != "":
		return position{PageToken: said.NextPageToken, PageStartTime: p.startTime()}, nil
	case said.NextPageStartTime != "":
		isSet, err := checkTime("nextPageStartTime", said.NextPageStartTime)
		if !isSet {
			return p, err
		}
		return position{PageStartTime: said.NextPageStartTime}, nil
	case said.ContinuationTime != "":
		isSet, err := checkTime("continuationTime", said.ContinuationTime)
		if !isSet {
			return p, err
		}
		return position{ContinuationTime: said.ContinuationTime}, nil
	}
	return p, nil
}

// checkTime refuses what is no time. Year 1 is how a time that was never set is
// written.
func checkTime(key, value string) (isSet bool, err error) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return false, fmt.Errorf("%s is %q, want an RFC 3339 time", key, truncate(value, 80))
	}
	return !t.IsZero(), nil
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
		return position{}, fmt.Errorf("got %q, want a continuation_time, or a page_start_time with a page_token perhaps", truncate(string(stored), 80))
	}
	if p.time().IsZero() {
		return position{}, errors.New("neither continuation_time nor page_start_time is an RFC 3339 time")
	}
	return p, nil
}
