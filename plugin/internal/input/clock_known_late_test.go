package input_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The server's clock may become known only after reading has moved on from a start that
// was now. It corrects that start, not the position.
func TestClockIsKnownAfterReadingMovedOn(t *testing.T) {
	rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
		r := rig.For(t, api)
		const behind = time.Hour
		at := rig.RFC3339(time.Now().Add(30*time.Second - behind))
		position := "continuationTime"
		if api["api"] == "chronicle" {
			position = "nextPageStartTime"
		}
		r.Server.Control(func(w http.ResponseWriter, call *chronicletest.StreamCall) bool {
			w.Header()["Date"] = nil // none is sent
			if call.Number > 1 {
				w.Header().Set("Date", time.Now().Add(-behind).UTC().Format(http.TimeFormat))
				write(w, `[{"heartbeat":true}`)
				return true
			}
			write(w, fmt.Sprintf(`[{"detections":[{"id":"de_1"}],%q:%q}`, position, at))
			return true
		})
		p := r.Start(nil)
		p.Deliver()
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 4))
		for _, request := range r.Server.Requests()[1:] {
			require.Equal(t, at, request.ContinuationTime+request.PageStartTime)
		}
	})
}
