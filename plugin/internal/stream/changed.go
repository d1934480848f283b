package stream

import "time"

// ChangedAt returns when a detection changed last: its lastUpdatedTime, else its
// createdTime, else its detectionTime, whichever first is a time that was set. It
// returns the zero time where there is none, or where raw is no JSON object.
func ChangedAt(raw []byte) time.Time {
	var spans fieldSpans
	if quickDetection(raw, &spans) == unsettled {
		return time.Time{}
	}
	var updated, created, detected []byte
	eachMember(raw, func(key string, value []byte) {
		switch key {
		case "lastUpdatedTime":
			updated = value
		case "createdTime":
			created = value
		case "detectionTime":
			detected = value
		}
	})
	for _, value := range [][]byte{updated, created, detected} {
		said, _ := text(value)
		// A time that was never set is written as the year 1 or as 1970.
		if at, err := time.Parse(time.RFC3339, said); err == nil && at.UnixMilli() > 0 {
			return at
		}
	}
	return time.Time{}
}
