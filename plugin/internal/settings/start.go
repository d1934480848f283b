package settings

import (
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// A Start is where to begin when no position is stored.
type Start struct {
	// Now says that no other time was configured.
	Now bool

	// anyAge says that it may be older than the stream reaches.
	anyAge   bool
	absolute bool
	at       time.Time     // where it is absolute
	ago      time.Duration // where it is not
}

// parseStart reads the field start_time: an RFC 3339 time, a duration ago,
// or nothing for now.
func parseStart(text string, now time.Time, anyAge bool) (start Start, err error) {
	if text == "" {
		return Start{Now: true}, nil
	}
	start.anyAge = anyAge
	refused := fieldError(field.StartTime, text, wantStartTime)
	switch {
	case agoForm.MatchString(text):
		start.ago, err = time.ParseDuration(text)
	case timeForm.MatchString(text):
		start.absolute = true
		start.at, err = time.Parse(time.RFC3339, text)
	default:
		return Start{}, refused
	}
	if age := now.Sub(start.meant(now)); err != nil || age < 0 || !anyAge && age > chronicle.Retention {
		return Start{}, refused
	}
	return start, nil
}

// parseEnd reads the field end_time, zero where it is not set. It is written like a
// start, and comes after that.
func parseEnd(text string, start Start, now time.Time) (at time.Time, ago bool, _ error) {
	if text == "" {
		return time.Time{}, false, nil
	}
	end, err := parseStart(text, now, true)
	if err != nil || start.Now || !start.meant(now).Before(end.meant(now)) {
		return time.Time{}, false, fieldError(field.EndTime, text, wantEndTime)
	}
	return end.meant(now).Truncate(time.Microsecond), !end.absolute, nil
}

// Beginning says, for the log, where reading begins and why: from a stored position
// or, where stored is "", from at, which is where this start leads.
func (s Start) Beginning(stored, at string) string {
	switch {
	case stored != "" && s.Now:
		return fmt.Sprintf("Reading goes on from the stored position, %s", stored)
	case stored != "":
		return fmt.Sprintf("Reading goes on from the stored position, %s; %s has no effect", stored, field.StartTime)
	case s.Now:
		return "Reading begins now: no position is stored"
	}
	return fmt.Sprintf("Reading begins at %s, by %s: no position is stored", at, field.StartTime)
}

// Moves says that the start is another one at another time, so that a restart has to
// remember it.
func (s Start) Moves() bool { return !s.absolute }

// meant is the time that was configured, at now.
func (s Start) meant(now time.Time) time.Time {
	if s.absolute {
		return s.at
	}
	return now.Add(-s.ago)
}

// Resolve is the time to ask for at now. The full 7 days ago are cut by a
// margin, or the request would be too old on arrival.
func (s Start) Resolve(now time.Time) time.Time {
	meant, oldest := s.meant(now), now.Add(chronicle.RetentionMargin-chronicle.Retention)
	if meant.Before(oldest) && !s.anyAge {
		return oldest
	}
	return meant
}
