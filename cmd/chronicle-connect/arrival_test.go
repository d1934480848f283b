package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// arrival is the part of what was sent that is at a destination.
type arrival struct {
	t    *testing.T
	sent *ledger.Ledger
	ids  func() ([]string, error)

	before   int // different detections that were there at the first wait
	repeated int // detections that are there once more
}

func newArrival(t *testing.T, sent *ledger.Ledger, ids func() ([]string, error)) *arrival {
	return &arrival{t: t, sent: sent, ids: ids}
}

// wait waits until so many different detections have arrived.
func (a *arrival) wait(detections int) {
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
		a.repeated = len(ids) - len(distinct)
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
