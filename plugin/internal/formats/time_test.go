package formats_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/formats"
)

func TestTimes(t *testing.T) {
	for _, c := range []struct{ v, milliseconds, date any }{
		{"2025-06-01T08:00:00Z", int64(1748764800000), "2025-06-01T08:00:00Z"},
		{"2025-06-01T08:00:00.123456789Z", int64(1748764800123), "2025-06-01T08:00:00.123456789Z"},
		{"2025-06-01T08:00:00.500+14:00", int64(1748714400500), "2025-05-31T18:00:00.5Z"},
		{"2025-06-01T08:00:00,5Z", int64(1748764800500), "2025-06-01T08:00:00.5Z"},
		{"9999-12-31T23:59:59.999Z", int64(253402300799999), "9999-12-31T23:59:59.999Z"},
		{json.Number("1748764800"), int64(1748764800000), "2025-06-01T08:00:00Z"},
		{json.Number("1748764800.25"), int64(1748764800250), "2025-06-01T08:00:00.25Z"},
		{json.Number("1.7487648e9"), int64(1748764800000), "2025-06-01T08:00:00Z"},
		{"9999-12-31T23:59:59.999999999-23:59", nil, nil},
		{"10000-01-01T00:00:00Z", nil, nil},
		{"1970-01-01T00:00:00Z", nil, nil},
		{"1969-12-31T23:59:59.999Z", nil, nil},
		{"0001-01-01T00:00:00Z", nil, nil},
		{"2025-02-30T00:00:00Z", nil, nil},
		{"2025-06-01 08:00:00", nil, nil},
		{"2025-06-01", nil, nil},
		{"yesterday", nil, nil},
		{"", nil, nil},
		{json.Number("0"), nil, nil},
		{json.Number("-1"), nil, nil},
		{json.Number("-0.5"), nil, nil},
		{json.Number("1748764800000"), nil, nil},
		{json.Number("9223372036854775807"), nil, nil},
		{json.Number("1e300"), nil, nil},
		{json.Number("1e400"), nil, nil},
		{true, nil, nil},
		{nil, nil, nil},
		{[]any{"2025-06-01T08:00:00Z"}, nil, nil},
	} {
		require.Equal(t, c.milliseconds, formats.Milliseconds(c.v), "%v", c.v)
		require.Equal(t, c.date, formats.Date(c.v), "%v", c.v)
	}
}
