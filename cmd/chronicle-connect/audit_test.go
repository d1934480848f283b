package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// An audit follows an output file over all processes that append to it. Each of
// them has to append exactly what follows the position that it found, once and
// in order, as far as it got:
//
//	the history   0 1 2 3 4 5 6 7 8 9
//	first         0 1 2 3 4 5           found nothing, stored the position after 2
//	second              3 4 5 6 7       found that one: repeats 3 to 5
//
// Together with positions that are never past what is in the file, that is
// at-least-once, and the only repetitions are what came after a position.
type audit struct {
	*programtest.Deployment
	ledger *ledger.Ledger

	t        *testing.T
	bytes    int       // in the file, that were looked at
	done     int       // detections 0 to done-1 are in the file
	repeated int       // that are there once more
	position time.Time // that the process now running began at
	from     int       // the detection that it began at
}

func newAudit(t *testing.T, ledger *ledger.Ledger, deployment *programtest.Deployment) *audit {
	return &audit{t: t, ledger: ledger, Deployment: deployment}
}

// begin is called before a process is started.
func (a *audit) begin() {
	a.t.Helper()
	position := a.Stored()
	require.False(a.t, position.Before(a.position), "the stored position went back from %s to %s", a.position, position)
	a.position, a.from = position, a.ledger.Until(position)
	require.LessOrEqual(a.t, a.from, a.done, "the stored position is past what is in the file: detections are lost")
}

// end is called when the process has ended. A torn detection at the end, as a
// kill leaves it, doesn't count as delivered.
func (a *audit) end() (whole, repeated, torn int) {
	a.t.Helper()
	rest := a.Written(a.bytes)
	a.bytes += len(rest)
	for i, line := range a.ledger.From(a.from) {
		if !bytes.HasPrefix(rest, line) {
			require.True(a.t, bytes.HasPrefix(line, rest), "after %d detections from the %d-th on there is\n%.200q\ninstead of\n%.200q", i, a.from, rest, line)
			torn, rest = len(rest), nil
			break
		}
		rest = rest[len(line):]
		whole++
	}
	require.Empty(a.t, rest, "there is more than the server sent")
	repeated = min(whole, a.done-a.from)
	a.repeated += repeated
	a.done = max(a.done, a.from+whole)
	return whole, repeated, torn
}

// finish lets a last process deliver everything, and stops it.
func (a *audit) finish() {
	a.t.Helper()
	a.begin()
	due := a.bytes + a.ledger.BytesFrom(a.from)
	p := a.Start()
	waiting.For(a.t, "everything to be delivered", func() bool { return a.Size() >= due })
	p.Stop()
	_, _, torn := a.end()
	require.Zero(a.t, torn)
	require.Equal(a.t, a.ledger.Count(), a.done)
	require.Equal(a.t, a.ledger.Last(), a.Stored(), "the position is the last batch's continuation time")
}
