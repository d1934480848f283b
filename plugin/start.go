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
	at  time.Time     // zero where it is relative
	ago time.Duration // 0 with at zero means now
}

// parseStartTime reads the field start_time: an RFC 3339 time, a duration ago,
// or nothing for now.
func parseStartTime(text string, now time.Time) (start startTime, err error) {
	const want = "an RFC 3339 time such as 2026-03-01T00:00:00Z or a duration ago such as 72h, not in the future and at most 7 days (168h) ago"
	if text == "" {
		return startTime{}, nil
	}
	if start.ago, err = time.ParseDuration(text); err != nil {
		if start.at, err = time.Parse(time.RFC3339, text); err != nil {
			return startTime{}, fieldError(fieldStartTime, text, want)
		}
	}
	if age := now.Sub(start.resolve(now)); age < 0 || age > retention || start.ago > retention {
		return startTime{}, fieldError(fieldStartTime, text, want)
	}
	return start, nil
}

// isNow says that reading begins when the input does.
func (s startTime) isNow() bool { return s.at.IsZero() && s.ago == 0 }

// resolve is the time meant at now. The full 7 days ago are cut by a margin,
// or the request would be too old on arrival.
func (s startTime) resolve(now time.Time) time.Time {
	if !s.at.IsZero() {
		return s.at
	}
	return now.Add(-min(s.ago, retention-retentionMargin))
}
