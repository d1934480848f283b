package input_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

func TestBadRequestEndsTheInputAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400, Message: "Unknown name \"x\": Cannot find field."}})
		p := r.Start(nil)
		err := p.Ends()
		require.EqualError(t, err, `input alerts: opening the stream at 127.0.0.1:1: the server answered 400 INVALID_ARGUMENT: Unknown name "x": Cannot find field.`)
		require.Len(t, r.Asked(), 1)
	})
}

// What is in flight when the input gives up is delivered, and its position
// stored.
func TestInFlightOutlivesTheInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		_, times := r.History(1, 3, 1000)
		r.Server.Script(
			chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut},
			chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400}},
		)
		p := r.Start(rig.Settings{"start_time": "2h"})
		_, ack := p.Read()
		rig.Pass(time.Minute)
		require.Error(t, p.Failure())
		require.NoError(t, ack(t.Context(), errors.New("output down")))
		_, ack = p.Read()
		require.NoError(t, ack(t.Context(), nil))
		require.Error(t, p.Ends())
		require.Equal(t, times[0], r.Stored())
	})
}
