package answer

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "17": 17 * time.Second, "-1": 0, "soon": 0, "7200": time.Hour, "18446744073709551615": time.Hour, "18446744074": time.Hour,
		"1.5": 1500 * time.Millisecond, " 2 ": 2 * time.Second, "0": 0, "NaN": 0, "Inf": time.Hour, "1e400": time.Hour,
		"Tue, 10 Mar 2026 00:01:00 GMT": time.Minute,
		"Tue, 10 Mar 2025 00:01:00 GMT": 0,
	} {
		require.Equal(t, want, RetryAfter(http.Header{"Retry-After": {header}}, now), header)
	}
}
