package formats

import (
	"encoding/json"
	"strconv"
	"time"
)

// Milliseconds are those since 1970 of a time as Chronicle writes it, a text of RFC
// 3339, or of a number of seconds; null of anything else. What was never set is before
// 1970, and what is after the year 9999 has no form that a schema takes.
func Milliseconds(v any) any {
	if t, ok := timeOf(v); ok {
		return t.UnixMilli()
	}
	return nil
}

// Date is the same as a text of RFC 3339 in UTC, with the fraction that it has.
func Date(v any) any {
	if t, ok := timeOf(v); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return nil
}

var (
	neverSet = time.Unix(0, 0)
	tooLate  = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
)

func timeOf(v any) (t time.Time, ok bool) {
	switch of := v.(type) {
	case string:
		var err error
		if t, err = time.Parse(time.RFC3339Nano, of); err != nil {
			return t, false
		}
	case json.Number:
		if seconds, err := of.Int64(); err == nil {
			t = time.Unix(seconds, 0)
			break
		}
		seconds, err := strconv.ParseFloat(string(of), 64)
		if err != nil || seconds < 0 || seconds >= float64(tooLate.Unix()) {
			return t, false
		}
		t = time.UnixMilli(int64(seconds * 1000))
	default:
		return t, false
	}
	return t, t.After(neverSet) && t.Before(tooLate)
}
