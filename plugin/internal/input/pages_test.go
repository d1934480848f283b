package input_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Three thousand detections arrive once each through cuts inside windows and
// between them: inside, the next request has the window's last token and nothing
// else; between, the time at which the next window begins.
func TestPagesThroughCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithWindow(4))
		sent, times := r.History(30, 100, 1000)
		start := rig.RFC3339(time.Now().Add(-24 * time.Hour))
		cut := func(afterElements, afterBytes int) chronicletest.Step {
			return chronicletest.Step{AfterElements: afterElements, AfterBytes: afterBytes, Then: chronicletest.Cut}
		}
		r.Server.Script(cut(2, 50_000), cut(2, 0), cut(5, 99_999), cut(0, 1), cut(6, 70_000))
		p := r.Start(rig.Settings{"start_time": "24h", "max_batch_count": 30})
		require.Equal(t, sent, p.DeliverAll(len(sent)))
		require.NotZero(t, p.Metrics.Value("chronicle_duplicates_dropped"))
		rig.Pass(time.Minute)
		require.Equal(t, times[29], r.Stored())

		var byToken, byTime int
		for i, request := range r.Server.Requests() {
			require.Empty(t, request.ContinuationTime)
			switch {
			case i == 0:
				require.Equal(t, start, request.PageStartTime)
			case request.PageToken != "":
				require.Empty(t, request.PageStartTime, "a token goes alone")
				byToken++
			default:
				require.Contains(t, times, request.PageStartTime)
				byTime++
			}
		}
		require.NotZero(t, byToken)
		require.NotZero(t, byTime)
		require.Equal(t, 5, byToken+byTime)
	})
}

// A token that is refused falls back to the beginning of its window. What comes
// again from there is dropped.
func TestPageTokenIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithWindow(10))
		sent, _ := r.History(8, 10, 1000)
		start := rig.RFC3339(time.Now().Add(-24 * time.Hour))
		r.Server.Script(chronicletest.Step{AfterElements: 5, AfterBytes: 10, Then: chronicletest.Cut})
		p := r.Start(rig.Settings{"start_time": "24h"})
		got := p.DeliverAll(50)
		r.Server.ExpireTokens()
		require.Equal(t, sent, append(got, p.DeliverAll(30)...))
		requests := r.Server.Requests()
		require.Len(t, requests, 3)
		require.NotEmpty(t, requests[1].PageToken)
		require.Equal(t, 400, requests[1].Status)
		require.Equal(t, start, requests[2].PageStartTime)
		require.EqualValues(t, 50, p.Metrics.Value("chronicle_duplicates_dropped"))
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_reconnects", "page_token_refused"))
		require.Contains(t, p.Logs.String(), "going back to the beginning of the window, "+start)
	})
}

// A stored token whose window's beginning is too old by now ends up where every
// old position does.
func TestPageTokenOfAnOldWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		old := rig.RFC3339(time.Now().Add(-10 * 24 * time.Hour))
		r.Store(`{"page_token":"forgotten","page_start_time":"` + old + `"}`)
		p := r.Start(nil)
		err := p.Ends()
		require.ErrorContains(t, err, "what was detected from "+old+" to ")
		require.Len(t, r.Server.Requests(), 2)
	})
}

// Both a token and a time: the token wins.
func TestTokenAndTimeTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithWindow(10), chronicletest.WithBothPositions())
		sent, _ := r.History(4, 10, 1000)
		r.Server.Script(chronicletest.Step{AfterElements: 2, AfterBytes: 10, Then: chronicletest.Cut})
		p := r.Start(rig.Settings{"start_time": "24h"})
		require.Equal(t, sent, p.DeliverAll(40))
		require.NotEmpty(t, r.Server.Requests()[1].PageToken)
		require.Zero(t, p.Metrics.Value("chronicle_duplicates_dropped"))
	})
}

// A heartbeat may close the window: from then on it is its time that resumes.
func TestHeartbeatClosesTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithHeartbeatPositions())
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		r.Server.AppendElement([]byte(`{"nextPageToken":"a","detections":[{"id":"de_1"}]}`))
		p.Deliver()
		closing := rig.RFC3339(time.Now())
		r.Server.AppendElement([]byte(`{"heartbeat":true,"nextPageStartTime":"` + closing + `"}`))
		rig.Pass(time.Minute)
		stored := r.StoredPosition()
		require.Empty(t, stored.PageToken)
		require.False(t, stored.Time().Before(position.Position{PageStartTime: closing}.Time()))
	})
}

// A server that sends continuation times only is resumed from those.
func TestContinuationTimesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle, chronicletest.WithContinuationTimes())
		sent, times := r.History(4, 10, 1000)
		r.Server.Script(chronicletest.Step{AfterElements: 2, AfterBytes: 10, Then: chronicletest.Cut})
		p := r.Start(rig.Settings{"start_time": "24h"})
		require.Equal(t, sent, p.DeliverAll(40))
		require.Equal(t, times[1], r.Server.Requests()[1].PageStartTime)
	})
}

// Moving from the Backstory API to the Chronicle API keeps its place, and so
// does moving back.
func TestMovingBetweenTheAPIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Backstory, chronicletest.WithWindow(10))
		sent, times := r.History(6, 10, 1000)
		r.Server.Script(chronicletest.Step{AfterElements: 2, Then: chronicletest.Stall})
		first := r.Start(rig.Settings{"start_time": "24h"})
		got := first.DeliverAll(20)
		first.Stop()

		r.API = rig.Chronicle
		r.Server.Script(chronicletest.Step{AfterElements: 2, Then: chronicletest.Stall})
		second := r.Start(rig.Settings{"start_time": "24h"})
		got = append(got, second.DeliverAll(20)...)
		second.Stop()
		require.Equal(t, times[1], r.Server.Requests()[1].PageStartTime)

		// The token means nothing to the other API: it goes back to the window.
		r.API = rig.Backstory
		third := r.Start(rig.Settings{"start_time": "24h"})
		require.Equal(t, append(sent[:40:40], sent[20:]...), append(got, third.DeliverAll(40)...))
		require.Equal(t, times[1], r.Server.Requests()[2].ContinuationTime)
	})
}

// The server is asked for what the configuration says, and nothing else: it
// refuses what it does not know.
func TestChronicleRequestFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		sent, _ := r.History(1, 10, 1000)
		p := r.Start(rig.Settings{"start_time": "24h", "detection_batch_size": 7, "composite_alert_handling": "FLATTEN_EVENTS_ENTITIES"})
		require.Len(t, p.Deliver(), 7)
		require.Equal(t, sent[7:], p.Deliver())
		request := r.Server.Requests()[0]
		require.JSONEq(t, `{"pageStartTime":"`+rig.RFC3339(time.Now().Add(-24*time.Hour))+`","detectionBatchSize":7,"compositeAlertHandling":"FLATTEN_EVENTS_ENTITIES"}`, string(request.Body))
		require.Equal(t, "/v1alpha/"+rig.Instance+"/legacy:legacyStreamDetectionAlerts", request.Path)
	})
}

// A server that gives the same token again and again, and refuses it when it is
// asked with it, gets nowhere; nor must we, at full speed and for ever.
func TestRepeatedTokenDoesNotLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.For(t, rig.Chronicle)
		for range 9 {
			r.Server.Script(chronicletest.Step{Body: []byte(`[{"nextPageToken":"a","detections":[{"id":"de_1"}]},{"nextPageToken":"","detections":[]}`)})
		}
		p := r.Start(rig.Settings{"start_time": "24h"})
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
		rig.Pass(10 * time.Second)
		require.LessOrEqual(t, len(r.Server.Requests()), 5)
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_reconnects", "ended"), 2.0)
		require.Contains(t, p.Logs.String(), "failure 2 of at most 7 in a row")
	})
}
