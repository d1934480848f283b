package chronicle

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFailureKinds(t *testing.T) {
	refusal := func(code int) error { return &SearchError{Host: "h", Err: &Refusal{Code: code}} }
	for _, test := range []struct {
		err  error
		want failureKind
	}{
		{refusal(400), failureRefused},
		{refusal(401), failureOther},
		{refusal(403), failureOther},
		{refusal(404), failureOther},
		{refusal(408), failureTimeout},
		{refusal(429), failureRateLimit},
		{refusal(500), failureServer},
		{refusal(503), failureServer},
		{refusal(504), failureTimeout},
		{&SearchError{Err: &tokenRefusedError{"text"}}, failureToken},
		{fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), failureBroken},
		{fmt.Errorf("%w for 60s", ErrSilence), failureBroken},
		{errors.New("no such host"), failureOther},
	} {
		require.Equal(t, test.want, failureKindOf(test.err), "%v", test.err)
	}
	require.False(t, failureRefused.divisible(time.Minute))
	require.True(t, failureRefused.divisible(time.Minute+1))
	require.False(t, failureTimeout.divisible(time.Second))
	require.True(t, failureTimeout.divisible(time.Minute))
}

func TestAttempts(t *testing.T) {
	const unproven, proven = false, true
	for name, test := range map[string]struct {
		kinds  []failureKind
		proven bool
		every  time.Duration
		want   []bool
	}{
		"400":                 {[]failureKind{failureRefused}, proven, 0, []bool{true}},
		"504":                 {[]failureKind{failureTimeout}, unproven, 0, []bool{true}},
		"504 that worked":     {[]failureKind{failureTimeout, failureTimeout, failureTimeout, failureTimeout}, proven, 0, []bool{false, false, false, true}},
		"cut":                 {[]failureKind{failureBroken, failureBroken, failureBroken, failureBroken}, unproven, 0, []bool{false, false, false, true}},
		"503":                 {[]failureKind{failureServer, failureServer, failureServer, failureServer}, unproven, 0, []bool{false, false, false, true}},
		"429 for minutes":     {[]failureKind{failureRateLimit, failureRateLimit, failureRateLimit, failureRateLimit}, unproven, time.Minute, []bool{false, false, false, false}},
		"429 for longer":      {[]failureKind{failureRateLimit, failureRateLimit, failureRateLimit, failureRateLimit, failureRateLimit}, proven, 2 * time.Minute, []bool{false, false, true, false, false}},
		"429, 503, 429":       {[]failureKind{failureRateLimit, failureServer, failureRateLimit}, unproven, 3 * time.Minute, []bool{false, false, false}},
		"429 and then 503":    {[]failureKind{failureRateLimit, failureRateLimit, failureRateLimit, failureServer}, unproven, 0, []bool{false, false, false, false}},
		"what has no bearing": {[]failureKind{failureOther, failureToken, failureOther, failureOther, failureOther}, unproven, time.Hour, []bool{false, false, false, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			var a attempts
			now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
			for i, kind := range test.kinds {
				require.Equal(t, test.want[i], a.failed(kind, test.proven, now), "failure %d", i+1)
				now = now.Add(test.every)
			}
		})
	}
}
