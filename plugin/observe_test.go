package plugin

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The names, kinds and labels of metrics are part of people's dashboards.
func TestMetricNames(t *testing.T) {
	want := map[string]string{
		"chronicle_heartbeats":          "counter",
		"chronicle_detection_batches":   "counter",
		"chronicle_detections":          "counter",
		"chronicle_duplicates_dropped":  "counter",
		"chronicle_reconnects":          "counter reason",
		"chronicle_unknown_elements":    "counter",
		"chronicle_checkpoint_writes":   "counter",
		"chronicle_checkpoint_failures": "counter",
		"chronicle_rejected":            "counter",
		"chronicle_skipped_seconds":     "counter",
		"chronicle_lag_seconds":         "gauge",
		"chronicle_uncommitted_seconds": "gauge",
		"chronicle_connected":           "gauge",
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		p := r.start(nil)
		pass(time.Minute)
		got := make(map[string]string)
		for name, kind := range p.metrics.kinds {
			if strings.HasPrefix(name, "chronicle_") {
				got[name] = kind
			}
		}
		require.Equal(t, want, got)
		for name, kind := range want {
			series := []string{name}
			if kind == "counter reason" {
				series = series[:0]
				for _, reason := range reasons {
					series = append(series, name+" "+reason)
				}
			}
			for _, one := range series {
				require.Contains(t, p.metrics.values, one, "there is a zero to alert on from the start")
			}
		}
	})
}

// The values of the label reason are those, and the documentation has them.
func TestReasonsAreListed(t *testing.T) {
	source, err := os.ReadFile("classify.go")
	require.NoError(t, err)
	var constants []string
	for _, match := range regexp.MustCompile(`(?m)^\treason\w+ += "(\w+)"`).FindAllSubmatch(source, -1) {
		constants = append(constants, string(match[1]))
	}
	require.ElementsMatch(t, constants, reasons)
	docs, err := os.ReadFile("../docs/diagnostics.md")
	require.NoError(t, err)
	for _, reason := range reasons {
		require.Contains(t, string(docs), "| `"+reason+"` |")
	}
}

// Spans tell of each attempt to connect where, from which position, which attempt
// and what came of it, and of each position stored.
func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRigFor(t, chronicleAPI, chronicletest.WithWindow(10))
		sent, times := r.history(2, 3, 1000)
		start := rfc3339(time.Now().Add(-2 * time.Hour))
		r.server.Script(
			chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}},
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		)
		p := r.start(settings{"start_time": "2h"})
		require.Equal(t, sent, p.deliverAll(6))
		r.cache.fail(errors.New("down"))
		r.server.Append([]byte(`{"id":"de_1"}`))
		p.deliver()
		pass(2 * writeInterval) // the last write may have been just now
		r.cache.fail(nil)
		pass(time.Minute)

		connects := p.spans.named("chronicle_detection_alerts.connect")
		require.Len(t, connects, 3)
		for i, want := range []map[string]any{
			{"chronicle.attempt": int64(1), "chronicle.position": start, "chronicle.page_token": false, "http.response.status_code": int64(503), "error.type": reasonRefused},
			{"chronicle.attempt": int64(2), "chronicle.position": start, "chronicle.page_token": false, "http.response.status_code": int64(200)},
			{"chronicle.attempt": int64(1), "chronicle.position": start, "chronicle.page_token": true, "http.response.status_code": int64(200)},
		} {
			want["server.address"], want["chronicle.api"] = "127.0.0.1:1", apiChronicle
			require.Equal(t, want, connects[i].attributes)
			require.Equal(t, 1, connects[i].ends)
		}
		require.Equal(t, codes.Error, connects[0].status)
		require.Contains(t, connects[0].problem, "the server answered 503 UNAVAILABLE")
		require.Equal(t, 1, connects[0].errors)
		require.Equal(t, codes.Unset, connects[1].status)

		stores := p.spans.named("chronicle_detection_alerts.store_position")
		var failed, last *recordedSpan
		for _, span := range stores {
			require.Equal(t, 1, span.ends)
			require.Equal(t, "positions", span.attributes["chronicle.checkpoint_cache"])
			require.Equal(t, inputName, span.attributes["chronicle.checkpoint_cache_key"])
			if last = span; span.status == codes.Error {
				failed = span
			}
		}
		require.NotNil(t, failed)
		require.Equal(t, reasonCache, failed.attributes["error.type"])
		require.Contains(t, failed.problem, "storing the position in the cache positions: down")
		require.Equal(t, codes.Unset, last.status)
		require.Greater(t, last.attributes["chronicle.position"], times[1])
	})
}

// A pipeline that is stopped while it signs in has not failed.
func TestSpanOfAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.ScriptToken(chronicletest.TokenStep{Stall: true})
		p := r.start(nil)
		pass(time.Second)
		p.stop()
		require.Len(t, p.spans.spans, 1)
		span := p.spans.spans[0]
		require.Equal(t, 1, span.ends)
		require.Equal(t, codes.Unset, span.status, span.problem)
	})
}
