package input_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A kept token that the server refuses is not shown to it again.
func TestRevokedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, _ := r.History(2, 3, 1000)
		r.Server.Script(chronicletest.Step{AfterElements: 1, AfterBytes: 9, Then: chronicletest.Cut})
		p := r.Start(rig.Settings{"start_time": "2h"})
		got := p.Deliver()
		r.Server.RevokeTokens()
		require.Equal(t, sent, append(got, p.DeliverAll(3)...))
		require.Equal(t, 2, r.Server.TokenRequests())
		var statuses []int
		for _, request := range r.Server.Requests() {
			statuses = append(statuses, request.Status)
		}
		require.Equal(t, []int{200, 401, 200}, statuses)
	})
}
