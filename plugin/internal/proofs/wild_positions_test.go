package proofs_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The positions that servers have been seen to send, and in which order.

// A position may come ahead of what it stands behind: where the stream is cut in
// between, it is not asked for.
func TestPositionAheadOfItsDetections(t *testing.T) {
	for _, position := range []string{`"nextPageToken":"p2"`, `"nextPageStartTime":"%s"`} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.For(t, rig.Chronicle)
			if strings.Contains(position, "%s") {
				position = fmt.Sprintf(position, rig.RFC3339(time.Now().Add(-time.Minute)))
			}
			start := rig.RFC3339(time.Now().Add(-time.Hour))
			r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
				switch first := call.PageToken == "" && call.PageStartTime == start; {
				case first && call.Number == 1:
					fmt.Fprintf(w, "[{\"heartbeat\":true,%s},\r\n{\"detections\":[{\"id\":\"de_1\"},{\"id\":\"de_1b\",\"x\":\"", position)
					cut(w)
				case first:
					fmt.Fprintf(w, "[{\"heartbeat\":true,%s},\r\n{\"detections\":[{\"id\":\"de_1\"},{\"id\":\"de_1b\",\"x\":\"y\"}]}", position)
				default:
					_, _ = io.WriteString(w, `[{"detections":[{"id":"de_2"}]},`)
					_ = http.NewResponseController(w).Flush()
					<-call.HTTP.Context().Done()
				}
				return true
			})
			p := r.Start(hasty(nil))
			require.Equal(t, []string{`{"id":"de_1"}`, `{"id":"de_1b","x":"y"}`, `{"id":"de_2"}`}, p.DeliverAll(3))
		})
	}
}

// Behind a comma another element may have been on its way, so a position is not taken
// from before it.
func TestPositionAheadOfAnEndBehindAComma(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		start, ahead := rig.RFC3339(time.Now().Add(-time.Hour)), rig.RFC3339(time.Now().Add(-time.Minute))
		r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			if call.Number == 1 {
				fmt.Fprintf(w, "[{%q:%q},\r\n", pages(api), ahead)
				return true
			}
			return answering(fmt.Sprintf("[{%q:%q},\r\n{\"detections\":[{\"id\":\"de_1\"}]}", pages(api), ahead))(w, call)
		})
		p := r.Start(hasty(nil))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
		require.Equal(t, []string{start, start}, asked(r)[:2])
		rig.Pass(time.Second)
		require.Equal(t, ahead, r.Stored())
	})
}

// Two whole batches of the largest size that come again, since the stream broke before
// the position ahead of the second counted, are handed on once.
func TestLargestBatchesAgain(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		ahead := rig.RFC3339(time.Now().Add(-time.Minute))
		page := func(first, n int) string {
			var detections []string
			for i := range n {
				detections = append(detections, fmt.Sprintf(`{"id":"de_%d"}`, first+i))
			}
			return fmt.Sprintf("{%q:%q},\r\n{\"detections\":[", pages(api), ahead) + strings.Join(detections, ",")
		}
		r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			_, _ = io.WriteString(w, "["+page(0, 10_000)+"]},\r\n")
			if call.Number == 1 {
				_, _ = io.WriteString(w, page(10_000, 9_999))
				cut(w)
			}
			_, _ = io.WriteString(w, page(10_000, 10_000)+"]}")
			_ = http.NewResponseController(w).Flush()
			<-call.HTTP.Context().Done()
			return true
		})
		p := r.Start(hasty(rig.Settings{"checkpoint_limit": 100_000}))
		var sent []string
		for i := range 20_000 {
			sent = append(sent, fmt.Sprintf(`{"id":"de_%d"}`, i))
		}
		require.Equal(t, sent, p.DeliverAll(len(sent)))
		require.Len(t, asked(r), 2)
	})
}

// An error within a stream that has come further is not about the place that was asked
// for: nothing is skipped back to the oldest time, and the input does not end.
func TestErrorBehindNewerPositions(t *testing.T) {
	for _, policy := range []string{"fail", "oldest"} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			newer := rig.RFC3339(time.Now().Add(-time.Minute))
			r.Store(`{"continuation_time":"` + rig.RFC3339(time.Now().Add(-8*24*time.Hour)) + `"}`)
			r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
				if call.Number > 1 {
					_, _ = io.WriteString(w, `[{"heartbeat":true}`)
					_ = http.NewResponseController(w).Flush()
					<-call.HTTP.Context().Done()
					return true
				}
				return answering(fmt.Sprintf("[{\"heartbeat\":true,%q:%q},\r\n{\"heartbeat\":true},\r\n{\"error\":{\"code\":400,\"message\":\"bad\"}}", pages(api), newer))(w, call)
			})
			p := r.Start(hasty(rig.Settings{"on_unresumable_position": policy}))
			rig.Pass(20 * time.Second)
			require.NoError(t, p.Failure())
			require.Equal(t, newer, asked(r)[1])
			require.Equal(t, newer, r.Stored())
			require.Zero(t, p.Metrics.Value("chronicle_skipped_seconds"))
		})
	}
}

// A heartbeat alone does not show that the server has taken the place that was asked for,
// detections do.
func TestErrorBehindAHeartbeat(t *testing.T) {
	for _, test := range []struct {
		heard   string
		skipped bool
	}{{`{"heartbeat":true}`, true}, {`{"detections":[{"id":"de_1"}]}`, false}} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			old := rig.RFC3339(time.Now().Add(-8 * 24 * time.Hour))
			r.Store(fmt.Sprintf(`{"continuation_time":%q}`, old))
			r.Server.Control(answering("[" + test.heard + ",\r\n{\"error\":{\"code\":400,\"message\":\"bad\"}}"))
			r.Start(hasty(rig.Settings{"on_unresumable_position": "oldest"}))
			require.NoError(t, r.Server.WaitForRequests(t.Context(), 2))
			require.Equal(t, old, asked(r)[0])
			require.Equal(t, test.skipped, asked(r)[1] > old)
		})
	}
}

// Heartbeats with an older position don't move the newer one back.
func TestPositionsDoNotGoBack(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		newer, older := rig.RFC3339(time.Now().Add(-time.Minute)), rig.RFC3339(time.Now().Add(-30*time.Minute))
		r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			if call.Number > 1 {
				return false
			}
			fmt.Fprintf(w, "[{%[1]q:%[2]q,\"detections\":[{\"id\":\"de_1\"}]},\r\n{%[1]q:%[3]q,\"heartbeat\":true},\r\n{\"heartbeat\":true}", pages(api), newer, older)
			cut(w)
			return true
		})
		p := r.Start(hasty(nil))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
		rig.Pass(time.Minute)
		require.Equal(t, newer, asked(r)[1])
		require.Equal(t, newer, r.Stored())
	})
}

// A position that can't be is not used, and neither is one beside what is unknown.
func TestUnbelievablePositions(t *testing.T) {
	for _, odd := range []string{
		`{"continuationTime":"2999-01-01T00:00:00Z","nextPageStartTime":"2999-01-01T00:00:00Z"}`,
		`{"continuationTime":"1970-01-01T00:00:00Z","nextPageStartTime":"0001-01-01T00:00:00Z"}`,
		`{"continuationTime":"%[1]s","nextPageStartTime":"%[1]s","curatedDetections":[{"id":"de_0"}]}`,
	} {
		rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
			r := rig.For(t, api)
			at, later := rig.RFC3339(time.Now().Add(-time.Minute)), rig.RFC3339(time.Now().Add(-time.Second))
			if strings.Contains(odd, "%[1]s") {
				odd = fmt.Sprintf(odd, later)
			}
			r.Server.Script(chronicletest.Step{Body: fmt.Appendf(nil, `[{%q:%q,"detections":[{"id":"de_1"}]},%s,{"heartbeat":true}`, pages(api), at, odd)})
			p := r.Start(hasty(nil))
			require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
			rig.Pass(10 * time.Second)
			require.Equal(t, at, asked(r)[1])
			require.Equal(t, at, r.Stored())
		})
	}
}
