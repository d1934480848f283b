package position

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Position is what the server gave to resume from: a continuation time by the
// Backstory API; by the Chronicle API a page token while a window is open, and
// the time where the next window begins once it is closed. Either API takes the
// other's times. The JSON of a position is what the checkpoint cache holds, so
// its keys must not change.
type Position struct {
	// ContinuationTime is RFC 3339, as the server wrote it.
	ContinuationTime string `json:"continuation_time,omitempty"`
	// PageToken resumes inside the window that began at PageStartTime. The
	// server may forget it, or refuse it for other reasons of its own.
	PageToken string `json:"page_token,omitempty"`
	// PageStartTime is RFC 3339, as the server wrote it.
	PageStartTime string `json:"page_start_time,omitempty"`
}

// Said is what an element of the stream says about resuming after it; what it does
// not say is empty.
type Said struct {
	ContinuationTime  string
	NextPageToken     string
	NextPageStartTime string
}

// At is the position that resumes at a time of our own choosing, written
// as Chronicle does. Cutting to microseconds rounds down, so nothing is skipped.
func At(t time.Time) Position {
	return Position{ContinuationTime: t.UTC().Format("2006-01-02T15:04:05.000000Z")}
}

// IsZero says whether there is none.
func (p Position) IsZero() bool { return p == Position{} }

// String is how logs name a position. A token says nothing to people.
func (p Position) String() string {
	if p.PageToken != "" {
		return "a page token of the window that began at " + p.StartTime()
	}
	return p.StartTime()
}

// StartTime is the time to resume from where there is no page token, or none
// that is taken.
func (p Position) StartTime() string {
	if p.PageStartTime != "" {
		return p.PageStartTime
	}
	return p.ContinuationTime
}

// WithoutToken is the position at the beginning of the window, before that of
// the token. What comes again from there is dropped as had before.
func (p Position) WithoutToken() Position {
	p.PageToken = ""
	return p
}

// Time is when the position is, zero where there is none.
func (p Position) Time() time.Time {
	t, err := time.Parse(time.RFC3339, p.StartTime())
	if err != nil {
		// Only positions that were checked are kept, or none.
		return time.Time{}
	}
	return t
}

// After is how long p is after another position, to the second.
func (p Position) After(other Position) time.Duration {
	return p.Time().Sub(other.Time()).Round(time.Second)
}

// Advance is the position after an element that says said. An element that
// says nothing leaves it where it is, and a time that was never set says nothing.
// Where an element says several things, the token wins over the times, and the
// pages' time over the deprecated one.
func (p Position) Advance(said Said) (Position, error) {
	if said.NextPageToken != "" {
		return Position{PageToken: said.NextPageToken, PageStartTime: p.StartTime()}, nil
	}
	if set, err := isSet("nextPageStartTime", said.NextPageStartTime); err != nil {
		return p, err
	} else if set {
		return Position{PageStartTime: said.NextPageStartTime}, nil
	}
	if set, err := isSet("continuationTime", said.ContinuationTime); err != nil {
		return p, err
	} else if set {
		return Position{ContinuationTime: said.ContinuationTime}, nil
	}
	return p, nil
}

// isSet says whether a time is there and was ever set, and refuses what is no
// time.
func isSet(key, value string) (bool, error) {
	if value == "" {
		return false, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return false, fmt.Errorf("%s is %q, want an RFC 3339 time", key, cut(value))
	}
	return !isUnset(t), nil
}

// isUnset says whether a time is one that was never set: year 1, as Go writes it,
// or the beginning of 1970, as protocol buffers do.
func isUnset(t time.Time) bool { return t.IsZero() || t.Unix() == 0 && t.Nanosecond() == 0 }

// Encode is the stored form of a position.
func (p Position) Encode() ([]byte, error) { return json.Marshal(p) }

// Decode reads the stored form. Whatever is not a position is an error: beginning
// elsewhere without a word would lose detections. A time that was never set is as
// if nothing were stored.
func Decode(stored []byte) (Position, error) {
	var p Position
	if err := json.Unmarshal(stored, &p); err != nil {
		return Position{}, fmt.Errorf("got %q, want JSON: %w", cut(string(stored)), err)
	}
	if p.IsZero() {
		return Position{}, fmt.Errorf("got %q, want a continuation_time, or a page_start_time with a page_token perhaps", cut(string(stored)))
	}
	set, err := isSet("", p.StartTime())
	switch {
	case err != nil, p.StartTime() == "":
		return Position{}, errors.New("neither continuation_time nor page_start_time is an RFC 3339 time")
	case !set:
		return Position{}, nil
	}
	return p, nil
}

// cut cuts what should have been a time or a position, for errors.
func cut(text string) string {
	const limit = 80
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}
