package plugin

import "time"

const (
	// retention is how far back the server can resume: 168 hours by Google's
	// documentation. Older times are refused.
	retention = 7 * 24 * time.Hour

	// retentionMargin is kept from that limit, so that a request that is the
	// oldest possible is still within it when it arrives.
	retentionMargin = time.Minute
)

// A startTime is where to begin when no position is stored.
type startTime struct {
	now      bool
	absolute bool
	at       time.Time     // where it is absolute
	ago      time.Duration // where it is not
}

// parseStartTime reads the field start_time: an RFC 3339 time, a duration ago,
// or nothing for now.
func parseStartTime(text string, now time.Time) (start startTime, err error) {
	if text == "" {
		return startTime{now: true}, nil
	}
	refused := fieldError(fieldStartTime, text, wantStartTime)
	switch {
	case agoForm.MatchString(text):
		start.ago, err = time.ParseDuration(text)
	case timeForm.MatchString(text):
		start.absolute = true
		start.at, err = time.Parse(time.RFC3339, text)
	default:
		return startTime{}, refused
	}
	if age := now.Sub(start.meant(now)); err != nil || age < 0 || age > retention {
		return startTime{}, refused
	}
	return start, nil
}

// meant is the time that was configured, at now.
func (s startTime) meant(now time.Time) time.Time {
	if s.absolute {
		return s.at
	}
	return now.Add(-s.ago)
}

// resolve is the time to ask for at now. The full 7 days ago are cut by a
// margin, or the request would be too old on arrival.
func (s startTime) resolve(now time.Time) time.Time {
	meant, oldest := s.meant(now), now.Add(retentionMargin-retention)
	if meant.Before(oldest) {
		return oldest
	}
	return meant
}
