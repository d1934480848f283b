package proofs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A night of lost connections, told by the log alone: when the stream was lost
// and why, what was tried, from where it went on, and that it recovered. What is
// in order, such as an hour of quiet or an end by the server, says nothing.
func TestLogOfANight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		append1 := func(n int) { r.Server.Append(fmt.Appendf(nil, `{"id":"de_%d"}`, n)) }
		at := func(clock string) {
			t.Helper()
			when, err := time.Parse(time.DateTime, "2000-01-01 "+clock)
			require.NoError(t, err)
			require.False(t, when.Before(time.Now()), clock)
			rig.Pass(time.Until(when))
		}
		refuse := func(status int, retryAfter, message string) chronicletest.Step {
			return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, RetryAfter: retryAfter, Message: message}}
		}
		r.Server.Script(
			chronicletest.Step{AfterElements: 1, AfterBytes: 5, Then: chronicletest.Cut},
			chronicletest.Step{AfterElements: 1, Then: chronicletest.End},
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall},
			refuse(503, "", "Down for maintenance."), refuse(503, "", "Down for maintenance."), refuse(503, "", "Down for maintenance."),
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Fail},
			refuse(429, "300", "Quota exceeded for concurrent streams."),
			refuse(429, "", "Quota exceeded for concurrent streams."),
			chronicletest.Step{AfterElements: 2, Then: chronicletest.Cut},
		)
		r.Jitter = func() float64 { return 0 }
		var key struct {
			ID string `json:"private_key_id"`
		}
		require.NoError(t, json.Unmarshal(r.Server.CredentialsJSON(), &key))
		p := r.Start(nil)
		deliver := func(n int) { append1(n); p.Deliver() }

		at("01:00:00")
		deliver(1)
		at("02:00:00") // cut inside a batch
		deliver(2)
		at("02:30:00") // ended in good order
		deliver(3)
		at("03:00:00") // silence, and then three refusals
		at("03:30:00")
		deliver(4) // an error element, and then too many streams
		at("04:00:00")
		r.Cache.Fail(errors.New("connection refused"))
		deliver(5)
		at("04:01:00")
		r.Cache.Fail(nil)
		at("05:00:00") // cut once more, and meanwhile the key was replaced
		r.Server.RotateKey()
		deliver(6)
		at("06:00:00")
		require.Error(t, p.Failure())
		golden := strings.ReplaceAll(p.Logs.Told(t), key.ID, "KEY")
		rig.Golden(t, "night.log", golden)
	})
}

// Elements that nobody knows are told of one by one at first, then counted.
func TestUnknownElementsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		for range 1000 {
			r.Server.AppendElement([]byte(`{"quota":{"left":7}}`))
		}
		rig.Pass(20 * time.Minute)
		for range 3 {
			r.Server.AppendElement([]byte(`{"quota":{"left":6}}`))
		}
		rig.Pass(time.Second)
		p.Stop()
		require.EqualValues(t, 1003, p.Metrics.Value("chronicle_unknown_elements"))
		rig.Golden(t, "unknown.log", p.Logs.Told(t))
	})
}
