package input_test

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
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// The names, kinds and labels of metrics are part of people's dashboards.
func TestMetricNames(t *testing.T) {
	want := map[string]string{
		"chronicle_heartbeats":             "counter",
		"chronicle_detection_batches":      "counter",
		"chronicle_detections":             "counter",
		"chronicle_duplicates_dropped":     "counter",
		"chronicle_reconnects":             "counter reason",
		"chronicle_unknown_elements":       "counter",
		"chronicle_checkpoint_writes":      "counter",
		"chronicle_checkpoint_failures":    "counter",
		"chronicle_rejected":               "counter",
		"chronicle_skipped_seconds":        "counter",
		"chronicle_searched_detections":    "counter",
		"chronicle_lag_seconds":            "gauge",
		"chronicle_uncommitted_seconds":    "gauge",
		"chronicle_oldest_unacked_seconds": "gauge",
		"chronicle_connected":              "gauge",
		"chronicle_ended":                  "gauge",
		"chronicle_foreign_positions":      "counter",
		"chronicle_skipped_rules":          "gauge",
	}
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		p := r.Start(nil)
		rig.Pass(time.Minute)
		got := make(map[string]string)
		for name, kind := range p.Metrics.Kinds() {
			if strings.HasPrefix(name, "chronicle_") {
				got[name] = kind
			}
		}
		require.Equal(t, want, got)
		for name, kind := range want {
			series := []string{name}
			if kind == "counter reason" {
				series = series[:0]
				for _, reason := range input.Reasons {
					series = append(series, name+" "+reason)
				}
			}
			for _, one := range series {
				require.Contains(t, p.Metrics.Values(), one, "there is a zero to alert on from the start")
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
	require.ElementsMatch(t, constants, input.Reasons)
	docs, err := os.ReadFile("../../../docs/diagnostics.md")
	require.NoError(t, err)
	for _, reason := range input.Reasons {
		require.Contains(t, string(docs), "| `"+reason+"` |")
	}
}

// Spans tell of each attempt to connect where, from which position, which attempt
// and what came of it, and of each position stored.
func TestSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithWindow(10))
		sent, times := r.History(2, 3, 1000)
		start := rig.RFC3339(time.Now().Add(-2 * time.Hour))
		r.Server.Script(
			chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}},
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
		)
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, sent, p.DeliverAll(6))
		r.Cache.Fail(errors.New("down"))
		r.Server.Append([]byte(`{"id":"de_1"}`))
		p.Deliver()
		rig.Pass(time.Second) // the last write may have been just now
		r.Cache.Fail(nil)
		rig.Pass(time.Minute)

		connects := p.Spans.Named("chronicle_detection_alerts.connect")
		require.Len(t, connects, 3)
		for i, want := range []map[string]any{
			{"chronicle.attempt": int64(1), "chronicle.position": start, "chronicle.page_token": false, "http.response.status_code": int64(503), "error.type": "refused"},
			{"chronicle.attempt": int64(2), "chronicle.position": start, "chronicle.page_token": false, "http.response.status_code": int64(200)},
			{"chronicle.attempt": int64(1), "chronicle.position": start, "chronicle.page_token": true, "http.response.status_code": int64(200)},
		} {
			want["server.address"], want["chronicle.api"] = "127.0.0.1:1", "chronicle"
			require.Equal(t, want, connects[i].Attributes)
			require.Equal(t, 1, connects[i].Ends)
		}
		require.Equal(t, codes.Error, connects[0].Status)
		require.Contains(t, connects[0].Problem, "the server answered 503 UNAVAILABLE")
		require.Equal(t, 1, connects[0].Errors)
		require.Equal(t, codes.Unset, connects[1].Status)

		stores := p.Spans.Named("chronicle_detection_alerts.store_position")
		var failed, last *rig.Span
		for _, span := range stores {
			require.Equal(t, 1, span.Ends)
			require.Equal(t, "positions", span.Attributes["chronicle.checkpoint_cache"])
			require.Equal(t, settings.Name, span.Attributes["chronicle.checkpoint_cache_key"])
			if last = span; span.Status == codes.Error {
				failed = span
			}
		}
		require.NotNil(t, failed)
		require.Equal(t, "cache", failed.Attributes["error.type"])
		require.Contains(t, failed.Problem, "storing the position in the cache positions: down")
		require.Equal(t, codes.Unset, last.Status)
		require.Greater(t, last.Attributes["chronicle.position"], times[1])
	})
}

// A pipeline that is stopped while it signs in has not failed.
func TestSpanOfAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.ScriptToken(chronicletest.TokenStep{Stall: true})
		p := r.Start(nil)
		rig.Pass(time.Second)
		p.Stop()
		require.Len(t, p.Spans.Named("chronicle_detection_alerts.store_position"), 2, "of the start, and of the stop")
		require.Len(t, p.Spans.Named("chronicle_detection_alerts.connect"), 1)
		span := p.Spans.Named("chronicle_detection_alerts.connect")[0]
		require.Equal(t, 1, span.Ends)
		require.Equal(t, codes.Unset, span.Status, span.Problem)
	})
}
