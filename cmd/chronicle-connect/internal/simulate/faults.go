package simulate

import (
	"context"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// scriptLead is how many connections ahead the faults are scripted.
const scriptLead = 16

// script keeps a few steps ready for the next connections.
func (s *simulation) script(ctx context.Context, server *chronicletest.Server) {
	if s.cutEvery == 0 && s.refuseEvery == 0 && s.stallEvery == 0 {
		return
	}
	for n := 1; ; n++ {
		server.Script(s.step(n))
		if n > scriptLead && server.WaitForRequests(ctx, n-scriptLead) != nil {
			return
		}
	}
}

// step is what happens to the nth connection.
func (s *simulation) step(n int) chronicletest.Step {
	due := func(every int) bool { return every > 0 && n%every == 0 }
	switch {
	case due(s.refuseEvery):
		return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, Message: "The service is currently unavailable."}}
	case due(s.stallEvery):
		return chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall}
	case s.cutEvery > 0:
		return chronicletest.Step{AfterElements: s.cutEvery, AfterBytes: s.size * 3 / 2, Then: chronicletest.Cut}
	}
	return chronicletest.Step{}
}
