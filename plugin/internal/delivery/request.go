package delivery

import (
	"slices"
	"time"
)

// A request is one or more messages that are sent together.
type request struct {
	ids []ID

	failedAt  time.Time // its first failure, also before it was halved; zero for none
	refusedAt time.Time // its first answer that refused it while the destination was up
	refused   bool      // by the latest answer, which wasn't Down

	unexpected int  // answers that were Unexpected
	waited     bool // it waits, or was released
}

// part returns a request for some of the messages of r.
func (r *request) part(ids []ID) *request {
	part := *r
	part.ids = slices.Clone(ids)
	return &part
}

// halves returns two requests for the messages of r, or r if it has only one.
func (r *request) halves() []*request {
	if len(r.ids) < 2 {
		return []*request{r}
	}
	half := (len(r.ids) + 1) / 2
	halves := []*request{r.part(r.ids[:half]), r.part(r.ids[half:])}
	for _, half := range halves {
		half.refused = false // neither has had an answer of its own
	}
	return halves
}

// failed notes an answer that has to be followed by another try.
func (r *request) failed(now time.Time, down bool) {
	if r.failedAt.IsZero() {
		r.failedAt = now
	}
	if !down && r.refusedAt.IsZero() {
		r.refusedAt = now
	}
	r.refused = !down
}
