package proof

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// An Arrival is the part of what was sent that is at a destination.
type Arrival struct {
	Repeated int // detections that are there once more

	t      *testing.T
	sent   *ledger.Ledger
	ids    func() ([]string, error)
	before int // different detections that were there at the first wait
}

// NewArrival follows what ids finds at a destination: the ids of its detections, each
// as often as it is there. An error is no failure of the test: the destination may be
// down.
func NewArrival(t *testing.T, sent *ledger.Ledger, ids func() ([]string, error)) *Arrival {
	return &Arrival{t: t, sent: sent, ids: ids}
}

// Wait waits until so many different detections have arrived.
func (a *Arrival) Wait(detections int) {
	a.t.Helper()
	var distinct map[string]int
	var err error
	defer func() {
		if a.t.Failed() {
			a.t.Logf("%d of %d detections have arrived, the last error was: %v", len(distinct), detections, err)
		}
	}()
	waiting.For(a.t, fmt.Sprintf("%d detections to arrive", detections), func() bool {
		var ids []string
		if ids, err = a.ids(); err != nil {
			return false
		}
		distinct = make(map[string]int)
		for _, id := range ids {
			distinct[id]++
		}
		a.Repeated = len(ids) - len(distinct)
		return len(distinct) >= detections
	})
	if a.before == 0 {
		a.before = len(distinct)
	}
	sent := a.sent.ByID(a.t)
	for id := range distinct {
		require.Contains(a.t, sent, id, "it was never sent")
	}
}
